using System.Text;
using CsCheck;
using LabelerService.Core.Errors;
using LabelerService.Server.OpenInference;

namespace LabelerService.Server.Tests.OpenInference;

public sealed class JsonInferenceReaderTests
{
    [Theory]
    [InlineData("""{"inputs":[{"name":"features","datatype":"FP32","shape":[2,2],"data":[1,2,3,4.5]}]}""")]
    [InlineData("""{"inputs":[{"data":[[1,2],[3,4.5]],"shape":[2,2],"datatype":"FP32","name":"features"}]}""")]
    [InlineData("""{"inputs":[{"name":"features","datatype":"FP16","shape":[2,2],"data":[[1e0,20e-1],[3.0,4.5]]}]}""")]
    public void Numbers_come_flat_or_nested_and_in_any_order_of_the_properties(string json) =>
        Assert.Equal([1f, 2f, 3f, 4.5f], Read(json).Call.Inputs[0].Floats!);

    [Fact]
    public void Bytes_behind_the_JSON_belong_to_the_inputs_in_their_order()
    {
        const string Text = """
            {"id":"7","parameters":{"labelers":"a","binary_data_output":true},
             "inputs":[{"name":"features","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}},
                       {"name":"item_id","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":5}}],
             "outputs":[{"name":"entropy","parameters":{"binary_data":false}},{"name":"probabilities"}]}
            """;
        byte[] bytes = [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f), 1, 0, 0, 0, (byte)'x'];
        var read = Read(Text, bytes);
        Assert.Equal([1.5f, -2f], read.Call.Inputs[0].Floats!);
        Assert.Equal(["x"], read.Call.Inputs[1].Texts!);
        Assert.Equal(("7", "a"), (read.Call.Id, read.Call.Labelers));
        Assert.Equal([false, true], new[] { read.IsBinary(0), read.IsBinary(1) });
    }

    [Theory]
    [InlineData("body", "")]
    [InlineData("body", "[]")]
    [InlineData("body", "{")]
    [InlineData("body", "{} {}")]
    [InlineData("body", """{"inputs":[{"data":[NaN]}]}""")]
    [InlineData("inputs", """{"inputs":{}}""")]
    [InlineData("inputs[0]", """{"inputs":[1]}""")]
    [InlineData("inputs", """{"inputs":[],"inputs":[]}""")]
    [InlineData("input", """{"input":[]}""")]
    [InlineData("id", """{"id":7}""")]
    [InlineData("id", """{"id":"\ud800"}""")]
    [InlineData("parameters[labeler]", """{"parameters":{"labeler":"x"}}""")]
    [InlineData("parameters[labelers]", """{"parameters":{"labelers":["x"]}}""")]
    [InlineData("parameters[distilled]", """{"parameters":{"distilled":1}}""")]
    [InlineData("outputs[0].name", """{"outputs":[{}]}""")]
    [InlineData("outputs[0].parameters[classification]", """{"outputs":[{"name":"probabilities","parameters":{"classification":3}}]}""")]
    [InlineData("outputs[0].parameters[binary_data]", """{"outputs":[{"name":"probabilities","parameters":{"binary_data":"yes"}}]}""")]
    [InlineData("inputs[0].name", """{"inputs":[{}]}""")]
    [InlineData("inputs[0].datatype", """{"inputs":[{"name":"features"}]}""")]
    [InlineData("inputs[0].datatype", """{"inputs":[{"name":"features","datatype":"FP64","shape":[1,1],"data":[1]}]}""")]
    [InlineData("inputs[0].shape", """{"inputs":[{"name":"features","datatype":"FP32","data":[1]}]}""")]
    [InlineData("inputs[0].shape[0]", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1.5],"data":[1]}]}""")]
    [InlineData("inputs[0].shape[1]", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1,-1],"data":[1]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1,1]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1,2],"data":[1]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[2,1],"data":[[1,2]]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[2,2],"data":[[1,2],[3]]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[2,1],"data":[1,[2]]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1,1],"data":[]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1,1],"data":["1"]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[2,1],"data":[1,true]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[2,1],"data":[1,null]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"item_id","datatype":"BYTES","shape":[1],"data":[1]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1,1],"data":1}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"data":[[[[[[[[[1]]]]]]]]]}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1,1],"data":[1],"parameters":{"binary_data_size":4}}]}""")]
    [InlineData("inputs[0].parameters[binary_data_size]", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1,1],"parameters":{"binary_data_size":4}}]}""")]
    [InlineData("inputs[0].parameters[binary_data_size]", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1,1],"parameters":{"binary_data_size":-4}}]}""")]
    [InlineData("inputs[0].data", """{"inputs":[{"name":"features","datatype":"FP32","shape":[1,1],"parameters":{"binary_data_size":0}}]}""")]
    [InlineData("inputs[0].date", """{"inputs":[{"date":[1]}]}""")]
    public void A_bad_request_is_refused_with_the_path_of_what_is_wrong(string field, string json) =>
        Assert.Equal(field, TensorCodecTests.Refused(() => Read(json)));

    [Fact]
    public void Bytes_that_no_input_tells_of_are_refused() =>
        Assert.Equal("body", TensorCodecTests.Refused(() => Read("""{"inputs":[]}""", 1, 2, 3)));

    [Fact]
    public void Arrays_nested_ten_thousand_deep_are_refused() =>
        TensorCodecTests.Refused(() => Read($$"""{"parameters":{{new string('[', 10_000)}}{{new string(']', 10_000)}}}"""));

    [Fact]
    public void A_request_that_was_bent_somewhere_is_read_or_refused_and_nothing_else_happens()
    {
        var whole = Encoding.UTF8.GetBytes(
            """{"id":"a","parameters":{"distilled":true},"inputs":[{"name":"features","datatype":"FP32","shape":[2,2],"data":[[1,2],[3,4]]}],"outputs":[{"name":"entropy"}]}""");
        var marks = "[]{},:\"0-e.\\nt"u8.ToArray();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.OneOf(Gen.Byte, Gen.Int[0, marks.Length - 1].Select(i => marks[i])), Gen.Int[0, 2]).Sample((at, value, how) =>
        {
            byte[] bent = how switch
            {
                0 => [.. whole[..at], value, .. whole[(at + 1)..]],
                1 => [.. whole[..at], value, .. whole[at..]],
                _ => [.. whole[..at], .. whole[(at + 1)..]],
            };
            try
            {
                JsonInferenceReader.Read(bent, [], "d.m", "");
            }
            catch (ServiceException refused)
            {
                Assert.Equal(ErrorKind.InvalidArgument, refused.Kind);
            }
        });
    }

    private static HttpInferenceCall Read(string json, params byte[] binary) => JsonInferenceReader.Read(Encoding.UTF8.GetBytes(json), binary, "d.m", "");
}
