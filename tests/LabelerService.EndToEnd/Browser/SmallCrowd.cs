using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Browser;

/// <summary>
/// A dataset of 300 items and a crowd whose ways are known: six good labelers, one who answers by chance and is called by markup, one who always
/// says the same, and one who became bad.
/// </summary>
internal static class SmallCrowd
{
    public const string Spammer = "<img src=x onerror=\"alert(1)\">/%2F id:7";
    public const string Constant = "clicker";
    public const string Drifter = "tired";
    public static readonly string[] Classes = ["cat", "dog", "<b>owl</b>"];
    private const int Items = 300;

    /// <summary>Creates the dataset.</summary>
    /// <param name="service">Where.</param>
    /// <returns>Its name.</returns>
    public static async Task<string> CreateAsync(RunningService service)
    {
        var dataset = await service.CreateDatasetAsync(4, Classes);
        await service.CreateItemsAsync(dataset, Items);
        var random = new Random(11);
        var start = new DateTime(2026, 1, 1, 8, 0, 0, DateTimeKind.Utc);
        var annotations = new List<Annotation>();
        for (var item = 0; item < Items; item++)
        {
            var truth = random.Next(Classes.Length);
            for (var labeler = 0; labeler < 6; labeler++)
            {
                // Not everybody answers about every item.
                if (random.NextDouble() < 0.45)
                {
                    Say($"good-{labeler}", item, random.NextDouble() < 0.88 ? truth : random.Next(Classes.Length));
                }
            }

            Say(Spammer, item, random.Next(Classes.Length));
            Say(Constant, item, 1);
            Say(Drifter, item, random.NextDouble() < (item < Items / 2 ? 0.95 : 0.2) ? truth : (truth + 1) % Classes.Length);
        }

        await service.AnnotateAsync(dataset, [.. annotations]);
        return dataset;

        void Say(string labeler, int item, int answer) => annotations.Add(new Annotation
        {
            ItemId = $"i{item}",
            LabelerId = labeler,
            ClassName = Classes[answer],
            AnnotateTime = Timestamp.FromDateTime(start.AddMinutes(item)),
            Duration = Duration.FromTimeSpan(TimeSpan.FromSeconds(3 + (item % 4))),
        });
    }
}
