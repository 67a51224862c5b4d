using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;

namespace LabelerService.Core.Tests.Quantising;

public sealed class QuantisationRulesTests
{
    [Theory]
    [InlineData("bn", "quantisation=bc bits=0", "bits")]
    [InlineData("bn", "quantisation=bc bits=9", "bits")]
    [InlineData("bn", "quantisation=sometimes", "quantisation")]
    [InlineData("bn", "serving=packed", "serving")]
    [InlineData("wdn", "serving=packed quantisation=bc bits=2", "serving")]
    [InlineData("dn", "quantisation=sr shared_pace=0", "shared_pace")]
    [InlineData("consensus", "quantisation=bc", "quantisation")]
    [InlineData("consensus", "classifier=logistic serving=int8", "serving")]
    [InlineData("auto", "quantisation=bc", "quantisation")]
    [InlineData("auto", "serving=int8", "serving")]
    public void What_does_not_go_together_is_refused_by_its_field(string algorithm, string settings, string field)
    {
        var error = Assert.Throws<ServiceException>(() => AlgorithmCatalogue.Validate(algorithm, Map(settings)));

        Assert.Equal(("INVALID_SETTINGS", ErrorKind.InvalidArgument), (error.Reason, error.Kind));
        Assert.Equal($"settings[{field}]", Assert.Single(error.Violations).Field);
    }

    [Theory]
    [InlineData("bn", "quantisation=bc serving=packed", Quantisation.Bc, 1, ServingPrecision.Packed)]
    [InlineData("raykar", "quantisation=sr bits=4 serving=int8", Quantisation.Sr, 4, ServingPrecision.Int8)]
    [InlineData("consensus", "classifier=net quantisation=bwn", Quantisation.Bwn, 1, ServingPrecision.Float32)]
    [InlineData("wdn", "serving=int8", Quantisation.None, 1, ServingPrecision.Int8)]
    public void What_goes_together_takes_effect(string algorithm, string settings, Quantisation quantisation, int bits, ServingPrecision serving)
    {
        var valid = AlgorithmCatalogue.Validate(algorithm, Map(settings));

        Assert.Equal((quantisation, bits, serving), (valid.Quantisation, valid.Bits, valid.Serving));
    }

    private static Dictionary<string, string> Map(string settings) =>
        settings.Split(' ').Select(setting => setting.Split('=')).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}
