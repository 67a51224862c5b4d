using Google.Protobuf.WellKnownTypes;
using LabelerService.Core.Errors;
using LabelerService.Server.Mapping;

namespace LabelerService.Server.Tests.Mapping;

public sealed class UpdateMaskTests
{
    [Fact]
    public void No_mask_means_the_populated_fields() => Assert.Equal(["a"], UpdateMask.Read(null, ("a", true), ("b", false)));

    [Fact]
    public void A_star_means_every_field() =>
        Assert.Equal(["a", "b"], UpdateMask.Read(new FieldMask { Paths = { "*" } }, ("a", false), ("b", false)).Order());

    [Fact]
    public void A_mask_names_fields_whether_populated_or_not() =>
        Assert.Equal(["b"], UpdateMask.Read(new FieldMask { Paths = { "b" } }, ("a", true), ("b", false)));

    [Fact]
    public void A_mask_may_name_fields_as_JSON_does() =>
        Assert.Equal(["display_name"], UpdateMask.Read(new FieldMask { Paths = { "displayName" } }, ("display_name", false), ("tags", true)));

    [Fact]
    public void A_field_that_cannot_change_is_refused() => Assert.Equal(
        "update_mask",
        Assert.Single(Assert.Throws<ServiceException>(() => UpdateMask.Read(new FieldMask { Paths = { "name" } }, ("a", true))).Violations).Field);
}
