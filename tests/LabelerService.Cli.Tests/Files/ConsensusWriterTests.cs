using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using LabelerService.Cli.Files.Insight;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Tests.Files;

public class ConsensusWriterTests
{
    [Fact]
    public async Task Blocks_become_one_table_with_a_column_a_class()
    {
        var text = await WriteAsync("csv", new WriteOptions(), Block(["cat", "dog"], "a"), Block([], "b,c"));

        Assert.Equal(
            "item,class,p_cat,p_dog,probability_wrong,difficulty,annotations\n"
            + "a,dog,0.1,0.9,0.1,0.5,3\n"
            + "\"b,c\",dog,0.1,0.9,0.1,0.5,3\n",
            text.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Intervals_get_columns_where_there_are_some()
    {
        var block = Block(["cat", "dog"], "a");
        block.ProbabilityLows.Add(0.75f);
        block.ProbabilityHighs.Add(1f);

        var text = await WriteAsync("jsonl", new WriteOptions(), block);

        Assert.Contains("\"probability_low\":0.75", text, StringComparison.Ordinal);
        Assert.Contains("\"probability_high\":1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Formulas_are_made_harmless_where_that_is_asked_for()
    {
        var text = await WriteAsync("csv", new WriteOptions(SpreadsheetSafe: true), Block(["cat", "=cmd()"], "+1"));

        Assert.Contains("'+1,'=cmd(),", text, StringComparison.Ordinal);
    }

    private static ExportItemConsensusResponse Block(string[] classes, string item)
    {
        var block = new ExportItemConsensusResponse
        {
            Probabilities = new Tensor { Data = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>([0.1f, 0.9f])) },
            ItemIds = { item },
            ClassIndices = { 1 },
            ProbabilitiesWrong = { 0.1f },
            Difficulties = { 0.5f },
            AnnotationCounts = { 3 },
        };
        block.Classes.AddRange(classes);
        return block;
    }

    private static async Task<string> WriteAsync(string format, WriteOptions options, params ExportItemConsensusResponse[] blocks)
    {
        using var stream = new MemoryStream();
        await using (var writer = new ConsensusWriter(stream, FormatCatalogue.Find(format)!, options))
        {
            foreach (var block in blocks)
            {
                await writer.WriteAsync(block, CancellationToken.None);
            }

            await writer.CompleteAsync(CancellationToken.None);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
