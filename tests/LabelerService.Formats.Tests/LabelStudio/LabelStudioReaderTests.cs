using LabelerService.Formats.LabelStudio;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Tests.LabelStudio;

public class LabelStudioReaderTests
{
    private static readonly ITableFormat Studio = new LabelStudioFormat();

    /// <summary>As Label Studio writes it: persons as numbers and objects, cancelled annotations, predictions, several controls.</summary>
    private const string Tasks = """
        [
          {
            "id": 17, "data": {"image": "scan-1.png", "patient": 4711}, "predictions": [{"result": [{"type": "choices", "value": {"choices": ["no"]}}]}],
            "annotations": [
              {"id": 1, "completed_by": 3, "was_cancelled": false, "lead_time": 12.345, "created_at": "2026-01-31T12:00:00.123456Z",
               "updated_at": "2026-01-31T12:30:00.123456Z",
               "result": [{"from_name": "finding", "to_name": "image", "type": "choices", "value": {"choices": ["yes"]}},
                          {"from_name": "box", "to_name": "image", "type": "rectanglelabels", "value": {"x": 1}}]},
              {"id": 2, "completed_by": {"id": 5, "email": "eve@clinic.example"}, "was_cancelled": true, "result": []},
              {"id": 3, "completed_by": {"id": 6, "email": "ben@clinic.example"}, "result": [{"from_name": "grade", "type": "rating", "value": {"rating": 4}}]}
            ]
          },
          {"id": 18, "data": {"image": "scan-2.png"}, "annotations": []},
          {"id": 19, "data": {"image": "scan-3.png"}},
          {
            "id": 20, "data": {"image": "scan-4.png", "item_id": "our own"},
            "annotations": [{"id": 4, "completed_by": {"id": 7}, "result": [{"from_name": "finding", "type": "choices", "value": {"choices": ["no"]}}]}]
          }
        ]
        """;

    private const string Flat = """
        [
          {"image": "scan-1.png", "id": 17, "finding": "yes", "annotator": 3, "annotation_id": 1, "created_at": "2026-01-31T12:00:00Z",
           "updated_at": "2026-01-31T12:30:00Z", "lead_time": 12.3},
          {"image": "scan-2.png", "id": 18, "finding": {"choices": ["no"]}, "annotator": "ben@clinic.example"},
          {"image": "scan-3.png", "id": 19, "finding": {"choices": ["no", "yes"]}, "annotator": 4}
        ]
        """;

    [Fact]
    public async Task Annotations_are_rows_and_cancelled_ones_and_predictions_are_none()
    {
        var read = await TestFile.LabelsAsync(Studio, Tasks);

        Assert.Equal(
            [
                new LabelRow(
                    "17", "3", "yes", new DateTimeOffset(2026, 1, 31, 12, 30, 0, TimeSpan.Zero).AddTicks(1234560),
                    Duration: TimeSpan.FromMilliseconds(12345)),
                new LabelRow("17", "ben@clinic.example", "4"),
                new LabelRow("our own", "7", "no"),
            ],
            read.Good);
        Assert.Equal(["[0].annotations[0]", "[0].annotations[2]", "[3].annotations[0]"], read.Rows.Select(row => row.Place.ToString()));
        Assert.Equal(1, read.LeftOut);
    }

    [Fact]
    public async Task A_key_of_the_data_can_be_the_item()
    {
        var read = await TestFile.LabelsAsync(Studio, Tasks, new ReadOptions(ItemKey: "patient"));

        Assert.Equal(["4711", "4711"], read.Good.Select(row => row.Item));
        Assert.Equal(["[3].annotations[0]: item is missing: the task's data has no patient"], read.Problems);
    }

    [Fact]
    public async Task The_control_can_be_named()
    {
        var read = await TestFile.LabelsAsync(Studio, Tasks, new ReadOptions(LabelKey: "finding"));

        Assert.Equal(["yes", "no"], read.Good.Select(row => row.Label));
        Assert.Equal(["[0].annotations[2]: label is missing: the annotation has no choice of finding"], read.Problems);
    }

    [Fact]
    public async Task Flat_exports_are_read()
    {
        var read = await TestFile.LabelsAsync(Studio, Flat, new ReadOptions(LabelKey: "finding"));

        Assert.Equal(
            [("17", "3", "yes"), ("18", "ben@clinic.example", "no")], read.Good.Select(row => (row.Item, row.Labeler, row.Label)));
        Assert.Equal(["[2]: label is several choices at once; a label is one class"], read.Problems);
    }

    [Fact]
    public async Task A_flat_export_whose_label_is_not_found_says_what_there_is() =>
        Assert.Contains("finding", (await TestFile.LabelsAsync(Studio, Flat)).Problems.First(), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"id":1,"annotations":{}}""", "[0]: annotations is no list")]
    [InlineData("17", "[0]: is no task: an object is needed")]
    [InlineData("""{"id":1,"annotations":[7]}""", "[0].annotations[0]: is no annotation: an object is needed")]
    [InlineData("""{"id":1,"annotations":[{"completed_by":1,"result":[]}]}""", "[0].annotations[0]: label is missing: the annotation has no choice")]
    [InlineData("""{"id":1,"annotations":[{"completed_by":1}]}""", "[0].annotations[0]: label is missing: the annotation has no result")]
    [InlineData("""{"id":1,"annotations":[{"result":[{"value":{"choices":["a"]}}]}]}""", "[0].annotations[0]: labeler is empty")]
    [InlineData(
        """{"id":1,"annotations":[{"completed_by":1,"result":[{"value":{"choices":["a"]}},{"value":{"choices":["b"]}}]}]}""",
        "[0].annotations[0]: label is not clear: the annotation has several choices; name the control with --label-key")]
    [InlineData("""{"id":1,"id":2,"annotations":[]}""", "[0]: cannot be used")]
    public async Task A_bad_task_is_named_and_costs_no_other(string task, string problem)
    {
        const string good = """{"id":2,"annotations":[{"completed_by":1,"result":[{"value":{"choices":["a"]}}]}]}""";

        var read = await TestFile.LabelsAsync(Studio, $"[{task}, {good}]");

        Assert.Equal("2", Assert.Single(read.Good).Item);
        Assert.StartsWith(problem, Assert.Single(read.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", "[0]")]
    [InlineData("[{\"id\":1,\"annotations\":[]}", "[1]")]
    [InlineData("[{\"id\":1,\"annotations\":[]} {}]", "[1]")]
    [InlineData("[{\"id\":1,\"annotations\":[]}] x", "[1]")]
    [InlineData("[{\"id\":1,\"annotations\":[}]", "[0]")]
    public async Task Broken_JSON_is_named_by_the_task_it_breaks_at(string text, string place) =>
        Assert.StartsWith($"{place}: is not JSON", Assert.Single((await TestFile.LabelsAsync(Studio, text)).Problems), StringComparison.Ordinal);

    [Fact]
    public async Task Deep_nesting_is_refused()
    {
        var read = await TestFile.LabelsAsync(Studio, "[" + new string('[', 100_000) + new string(']', 100_000) + "]");

        Assert.Single(read.Problems);
    }

    [Fact]
    public async Task A_file_much_larger_than_a_task_needs_memory_for_a_task()
    {
        const string task = """{"id":2,"annotations":[{"completed_by":1,"result":[{"value":{"choices":["a"]}}]}]},""";
        var text = "[" + string.Concat(Enumerable.Repeat(task, 20_000)) + task[..^1] + "]";

        var read = await TestFile.LabelsAsync(Studio, text, new ReadOptions(MaximumRowBytes: 1 << 16));

        Assert.Empty(read.Problems);
        Assert.Equal(20_001, read.Good.Count());
    }
}
