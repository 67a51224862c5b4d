using System.Globalization;
using System.Text.Json;
using LabelerService.Contracts.V1;
using LabelerService.Core.Tensors;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.CommandLine;

/// <summary>The command line that scripts rely on, against the real service.</summary>
[Collection(SharedService.Name)]
public sealed class CommandLineTests(ServiceFixture fixture) : IDisposable
{
    private readonly RunningService _service = fixture.Service;
    private readonly CrowdFiles _files = new();

    [Fact]
    public async Task The_whole_job_from_dataset_to_predictions()
    {
        var name = await ImportCrowdAsync();

        var trained = await RunProcessAsync("train", name, "--model", "wdn", "--set", "epochs=30", "--set", "distil=on", "--wait");
        var version = trained.Succeeded().TrimEnd('\n');
        Assert.Equal($"datasets/{name}/models/wdn/versions/1", version);
        Assert.Contains("succeeded", trained.Error, StringComparison.Ordinal);

        using (var evaluation = Json(await RunProcessAsync("evaluate", version, "--split", "test", "--json")))
        {
            Assert.InRange(evaluation.RootElement.GetProperty("accuracy").GetDouble(), 0.9, 1);
            Assert.True(evaluation.RootElement.TryGetProperty("log_loss", out _));
            Assert.True(evaluation.RootElement.TryGetProperty("ece", out _));
            var accuracy = evaluation.RootElement.GetProperty("metrics").EnumerateArray()
                .Single(metric => metric.GetProperty("metric").GetString() == "accuracy");
            Assert.InRange(accuracy.GetProperty("lower").GetDouble(), 0, accuracy.GetProperty("value").GetDouble());
            Assert.Equal(CrowdFiles.TestItems, accuracy.GetProperty("count").GetInt32());
        }

        // The model's name stands for its champion.
        string[] champion = ["predict", $"datasets/{name}/models/wdn", "--features", _files["test.npy"], "--id-prefix", "test-"];
        (await RunProcessAsync([.. champion, "--out", _files["p.csv"], "--labelers"])).Succeeded();
        (await RunProcessAsync("predict", version, "--features", _files["test.npy"], "--out", _files["p.npy"])).Succeeded();
        (await RunProcessAsync("predict", version, "--features", _files["test.npy"], "--out", _files["p.parquet"])).Succeeded();
        var lines = await File.ReadAllLinesAsync(_files["p.csv"]);
        Assert.Equal(
            "item,predicted,p_no,p_yes,entropy,disagreement,class_by_l0,weight_of_l0,class_by_l1,weight_of_l1,class_by_l2,weight_of_l2,"
            + "shared_class,shared_weight",
            lines[0]);
        Assert.Equal(CrowdFiles.TestItems + 1, lines.Length);
        var probabilities = ReadNpy(_files["p.npy"]);
        Assert.Equal(2 * CrowdFiles.TestItems, probabilities.Length);
        for (var i = 0; i < CrowdFiles.TestItems; i++)
        {
            var cells = lines[i + 1].Split(',');
            Assert.Equal($"test-{i}", cells[0]);
            Assert.Equal(probabilities[(2 * i) + 1], float.Parse(cells[3], CultureInfo.InvariantCulture), 1e-5);
            Assert.Equal(probabilities[(2 * i) + 1] > 0.5 ? "yes" : "no", cells[1]);
        }

        Assert.True(new FileInfo(_files["p.parquet"]).Length > 0);

        (await RunProcessAsync("predict", version, "--features", _files["test.npy"], "--out", _files["d.csv"], "--distilled")).Succeeded();
        var distilled = await File.ReadAllLinesAsync(_files["d.csv"]);
        Assert.Equal("item,predicted,p_no,p_yes,entropy", distilled[0]);
        var agreeing = lines.Zip(distilled).Count(pair => pair.First.Split(',')[1] == pair.Second.Split(',')[1]);
        Assert.InRange(agreeing, (int)(0.95 * CrowdFiles.TestItems), CrowdFiles.TestItems + 1);

        using var models = Json(await RunProcessAsync("models", name, "--json"));
        var model = Assert.Single(models.RootElement.GetProperty("models").EnumerateArray().ToArray());
        Assert.Equal(version, model.GetProperty("aliases").GetProperty("champion").GetString());
        using var runs = Json(await RunProcessAsync("runs", name, "--json"));
        Assert.Equal("succeeded", Assert.Single(runs.RootElement.GetProperty("runs").EnumerateArray().ToArray()).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_model_is_shown_with_its_settings_metrics_and_whom_it_trusts()
    {
        var name = await ImportCrowdAsync();
        (await RunAsync("train", name, "--model", "wdn", "--set", "epochs=12", "--wait")).Succeeded();

        using var document = Json(await RunAsync("model", $"datasets/{name}/models/wdn", "--json"));
        var shown = (await RunAsync("model", $"datasets/{name}/models/wdn/versions/1")).Succeeded();

        var root = document.RootElement;
        Assert.Equal($"datasets/{name}/models/wdn/versions/1", root.GetProperty("name").GetString());
        Assert.Equal("12", root.GetProperty("settings").GetProperty("epochs").GetString());
        Assert.False(root.GetProperty("distilled").GetBoolean());
        Assert.Equal(1, root.GetProperty("temperature").GetDouble());
        var heads = root.GetProperty("heads").EnumerateArray().ToArray();
        Assert.Equal(["l0", "l1", "l2", null], heads.Select(head => head.GetProperty("labeler").GetString()));
        Assert.All(heads[..3], head => Assert.Equal(CrowdFiles.TrainItems, head.GetProperty("annotations").GetInt32()));
        Assert.All(heads[..3], head => Assert.InRange(
            head.GetProperty("weight").GetDouble(), head.GetProperty("weight_lower").GetDouble(), head.GetProperty("weight_upper").GetDouble()));
        Assert.Equal(1, heads.Sum(head => head.GetProperty("weight").GetDouble()), 1e-4);

        Assert.Contains("epochs=12", shown, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^\s*test\s+accuracy\s+[01]\.\d{3} \([01]\.\d{3} – [01]\.\d{3}\)\s+120\s*$", shown);
        Assert.Matches(@"(?m)^\s*l0\s+200\s+0\.\d{4} \(0\.\d{4} – 0\.\d{4}\)\s+0\.\d{3}\s*$", shown);
        Assert.Contains("(shared: nobody's own)", shown, StringComparison.Ordinal);

        var missing = await RunAsync("model", $"datasets/{name}/models/wdn/versions/9");
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("versions/9 does not exist", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Importing_the_same_files_again_changes_nothing()
    {
        var name = await ImportCrowdAsync();

        using var items = Json(await RunAsync("import", "items", name, "--features", _files["train.npy"], "--id-prefix", "train-", "--json"));
        using var labels = Json(await RunAsync("import", "labels", name, "--file", _files["labels.csv"], "--json"));
        using var gold = Json(await RunAsync("import", "gold", name, "--file", _files["gold-test.csv"], "--json"));

        Assert.Equal(CrowdFiles.TrainItems, items.RootElement.GetProperty("unchanged").GetInt32());
        Assert.Equal(3 * CrowdFiles.TrainItems, labels.RootElement.GetProperty("unchanged").GetInt32());
        Assert.Equal(0, gold.RootElement.GetProperty("changed").GetInt32());
        var counts = await _service.CountAsync($"datasets/{name}");
        Assert.Equal((3, 3L * CrowdFiles.TrainItems), (counts.Labelers, counts.Annotations));
    }

    [Fact]
    public async Task A_row_that_the_service_refuses_is_named_by_file_and_line_and_nothing_is_stored()
    {
        var name = await ImportCrowdAsync();
        // More rows than one message holds, so that the place is found through the message.
        var rows = Enumerable.Range(0, 12_000).Select(i => $"train-{i % CrowdFiles.TrainItems},new-{i / CrowdFiles.TrainItems},yes\n");
        var path = _files.Write("late.csv", "item,labeler,label\n" + string.Concat(rows) + "nowhere,l0,yes\n");

        var outcome = await RunAsync("import", "labels", name, "--file", path);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"{path} line 12002", outcome.Error, StringComparison.Ordinal);
        var counts = await _service.CountAsync($"datasets/{name}");
        Assert.Equal((3, 3L * CrowdFiles.TrainItems), (counts.Labelers, counts.Annotations));
    }

    [Fact]
    public async Task Bad_files_leave_nothing_behind()
    {
        var name = await CreateAsync();
        var badLabels = _files.Write("bad.csv", "item,labeler,label\ntrain-0,l0,maybe\n");
        var text = _files.Write("text.npy", "not an array");

        var label = await RunAsync("import", "labels", name, "--file", badLabels);
        var notNpy = await RunAsync("import", "items", name, "--features", text);
        var missing = await RunAsync("import", "items", name, "--features", _files["none.npy"]);
        var unknown = await RunAsync("import", "items", "no-such-dataset", "--features", _files["train.npy"]);

        Assert.All([label, notNpy, missing, unknown], outcome => Assert.Equal(1, outcome.ExitCode));
        Assert.Contains($"{badLabels} line 2", label.Error, StringComparison.Ordinal);
        Assert.Contains("NPY", notNpy.Error, StringComparison.Ordinal);
        Assert.Contains("no such file", missing.Error, StringComparison.Ordinal);
        Assert.Contains("datasets/no-such-dataset", unknown.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await _service.CountAsync($"datasets/{name}")).Items);
    }

    [Fact]
    public async Task A_wait_that_is_broken_off_says_how_to_cancel_and_the_run_goes_on()
    {
        var name = await ImportCrowdAsync();
        await using var waiting = CliProcess.Start(
            _service, "train", name, "--model", "bn", "--set", "epochs=100000", "--set", "patience=0", "--wait");
        var run = await WaitForRunAsync(name);
        await waiting.SpokeAsync();
        await RunningService.SignalAsync("TERM", waiting.Id);
        var outcome = await waiting.WaitAsync();

        Assert.Equal(1, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        Assert.Contains($"labeler cancel {run}", outcome.Error, StringComparison.Ordinal);

        (await RunAsync("cancel", run)).Succeeded();
        var watched = await RunAsync("watch", run);
        Assert.Equal(1, watched.ExitCode);
        Assert.Contains("was cancelled", watched.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_do_not_exist_are_listed_and_no_run_is_made()
    {
        var name = await ImportCrowdAsync();

        var outcome = await RunAsync("train", name, "--model", "bn", "--set", "epochs=0", "--set", "nonsense=1");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("settings[epochs]", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("settings[nonsense]", outcome.Error, StringComparison.Ordinal);
        Assert.Empty((await _service.Training.ListTrainingRunsAsync(new ListTrainingRunsRequest { Parent = $"datasets/{name}" })).TrainingRuns);
    }

    [Fact]
    public async Task Every_command_answers_one_json_document()
    {
        var name = await ImportCrowdAsync();
        string[] lines =
        [
            "dataset list", $"dataset show {name}", "algorithms", $"runs {name}", $"models {name}", $"evaluate datasets/{name}/models/none",
            $"dataset delete {name} --yes", $"dataset show {name}",
        ];
        foreach (var line in lines)
        {
            using var document = JsonDocument.Parse((await RunAsync([.. line.Split(' '), "--json"])).Output);
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        }
    }

    [Fact]
    public async Task A_client_that_knows_two_replicas_goes_on_with_the_one_that_answers()
    {
        var name = await CreateAsync();
        var dead = $"http://127.0.0.1:{FreePort.Two().First}";
        for (var call = 0; call < 3; call++)
        {
            // Both orders: calls go to them in turn.
            var servers = call % 2 == 0 ? $"{dead},{_service.GrpcAddress}" : $"{_service.GrpcAddress},{dead}";
            using var shown = Json(await RunAsync("dataset", "show", name, "--server", servers, "--json"));
            Assert.Equal($"datasets/{name}", shown.RootElement.GetProperty("name").GetString());
        }

        foreach (var wrong in (string[])["http://a:1,", "http://a:1,https://b:2", "http://a:1,b"])
        {
            Assert.Equal(2, (await RunAsync("dataset", "list", "--server", wrong)).ExitCode);
        }
    }

    public void Dispose() => _files.Dispose();

    private Task<CliProcess.Outcome> RunProcessAsync(params string[] arguments) => CliProcess.RunAsync(_service, arguments);

    private Task<CliProcess.Outcome> RunAsync(params string[] arguments) => CliInProcess.RunAsync(_service, arguments);

    private static JsonDocument Json(CliProcess.Outcome outcome) => JsonDocument.Parse(outcome.Succeeded());

    private async Task<string> CreateAsync()
    {
        var name = Requests.NewId("cli");
        var created = await RunAsync("dataset", "create", name, "--classes", "no,yes", "--item-type", $"vector:{CrowdFiles.Length}");
        Assert.Equal($"datasets/{name}\n", created.Succeeded());
        return name;
    }

    private async Task<string> ImportCrowdAsync()
    {
        var name = await CreateAsync();
        foreach (var split in new[] { "train", "valid", "test" })
        {
            string[] items = ["import", "items", name, "--features", _files[$"{split}.npy"], "--id-prefix", $"{split}-", "--split", split];
            (await RunAsync(items)).Succeeded();
        }

        (await RunAsync("import", "labels", name, "--file", _files["labels.csv"])).Succeeded();
        foreach (var split in new[] { "valid", "test" })
        {
            (await RunAsync("import", "gold", name, "--file", _files[$"gold-{split}.csv"])).Succeeded();
        }

        return name;
    }

    private async Task<string> WaitForRunAsync(string dataset)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var runs = await _service.Training.ListTrainingRunsAsync(
                new ListTrainingRunsRequest { Parent = $"datasets/{dataset}" }, cancellationToken: limit.Token);
            if (runs.TrainingRuns.Count > 0)
            {
                return runs.TrainingRuns[0].Name;
            }

            await Task.Delay(50, limit.Token);
        }
    }

    private static float[] ReadNpy(string path)
    {
        using var stream = File.OpenRead(path);
        return NpyReader.Open(stream).ReadToEnd();
    }
}
