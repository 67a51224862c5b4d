using System.Text.Json;

namespace LabelerService.Cli.Tests.Commands;

public class UsageTests
{
    [Theory]
    [InlineData("bogus", "bogus")]
    [InlineData("dataset", "command")]
    [InlineData("dataset create", "NAME")]
    [InlineData("dataset create d --item-type vector:3", "--classes")]
    [InlineData("dataset create d --classes a,b", "--item-type")]
    [InlineData("dataset create D! --classes a,b --item-type vector:3", "D!")]
    [InlineData("dataset create d --classes a --item-type vector:3", "2 to 1000 classes")]
    [InlineData("dataset create d --classes a,b --item-type vector:0", "--item-type")]
    [InlineData("dataset delete d", "--yes")]
    [InlineData("dataset show x y", "y")]
    [InlineData("import items d", "--features")]
    [InlineData("import items d --features f.npy --split dev", "--split")]
    [InlineData("import items d --features f.npy --file f.csv", "one of --features, --file and --images")]
    [InlineData("import items d --file f.csv --ids i.txt", "--ids belongs to --features")]
    [InlineData("import items d --features f.npy --on-error skip", "--on-error belongs")]
    [InlineData("import labels d", "--file")]
    [InlineData("import labels d --file f.csv --on-error stop", "fail or skip")]
    [InlineData("import labels d --file f.csv --on-error stop --rejects r.csv", "--on-error skip")]
    [InlineData("import labels d --file f.csv --on-error", "--on-error")]
    [InlineData("import labels d --file f.csv --rejects r.csv", "--on-error skip")]
    [InlineData("import labels d --file f.csv --unknown-items maybe", "reject or register")]
    [InlineData("export labels d", "--out")]
    [InlineData("export labels d --out l.xlsx", "--format")]
    [InlineData("export labels d --out l.csv --format npy", "labels can be")]
    [InlineData("export labels d --out l.json --retracted", "--retracted")]
    [InlineData("export gold d --out g.parquet --spreadsheet-safe", "--spreadsheet-safe")]
    [InlineData("export items d --out i.csv --ids i.txt", "--ids")]
    [InlineData("train d", "--model")]
    [InlineData("train d --model bn --seed x", "--seed")]
    [InlineData("train d --model bn --set epochs", "KEY=VALUE")]
    [InlineData("train d --model bn --set a=1 --set a=2", "twice")]
    [InlineData("train d --model bn --priority 101", "--priority")]
    [InlineData("train d --model bn --model-id Big", "--model-id")]
    [InlineData("pretrain d --objective pca", "--objective")]
    [InlineData("pretrain d --backbone-id Big", "--backbone-id")]
    [InlineData("evaluate models/bn", "datasets/D/models/M")]
    [InlineData("evaluate datasets/d/models/m --basis votes", "--basis")]
    [InlineData("evaluate datasets/d/models/m --sensitivity 1", "--sensitivity")]
    [InlineData("evaluate datasets/d/models/m --sensitivity NaN", "--sensitivity")]
    [InlineData("evaluate datasets/d/models/m --positive a,,b", "--positive")]
    [InlineData("evaluate datasets/d/models/m --positive a --positive-from b", "exclude")]
    [InlineData("compare datasets/d/models/m", "MODEL_B")]
    [InlineData("compare datasets/d/models/m bn", "datasets/D/models/M")]
    [InlineData("compare datasets/d/models/m datasets/e/models/m", "different datasets")]
    [InlineData("curve", "NAME")]
    [InlineData("curve d --fractions 0,1", "--fractions")]
    [InlineData("curve d --fractions 0.5,1.5", "--fractions")]
    [InlineData("curve d --fractions 0.5,0.5", "different numbers")]
    [InlineData("curve d --fractions NaN", "--fractions")]
    [InlineData("curve d --label-shares 2", "--label-shares")]
    [InlineData("curve d --label-cost -1", "--label-cost")]
    [InlineData("curve d --more-labels many", "--more-labels")]
    [InlineData("curve d --id Big", "--id")]
    [InlineData("predict datasets/d/models/m --features f.npy --out p.txt", ".csv, .npy or .parquet")]
    [InlineData("predict datasets/d/models/m --features f.npy --out p.npy --labelers", "--labelers")]
    [InlineData("predict datasets/d/models/m --features f.npy --out p.csv --labelers --distilled", "exclude")]
    [InlineData("predict datasets/d/models/m --out p.csv", "--features, --texts, --sequences, --images and --items")]
    [InlineData("predict datasets/d/models/m --features f.npy --texts t.txt --out p.csv", "give one of")]
    [InlineData("model wdn", "datasets/D/models/M")]
    [InlineData("backbones add d", "ID")]
    [InlineData("backbones add d b", "--file")]
    [InlineData("backbones add d b --file m.onnx --layout rgb", "nhwc or nchw")]
    [InlineData("backbones add d b --file m.onnx --mean a,b", "--mean")]
    [InlineData("backbones add d B! --file m.onnx", "B!")]
    [InlineData("backbones show b", "datasets/D/backbones/B")]
    [InlineData("backbones delete datasets/d/backbones/b", "--yes")]
    [InlineData("consensus", "NAME")]
    [InlineData("consensus d --model wdn", "datasets/D/models/M")]
    [InlineData("consensus d --out c.xlsx", "--format")]
    [InlineData("consensus d --format csv", "--out")]
    [InlineData("consensus d --limit 0", "--limit")]
    [InlineData("labelers d --sort name", "--sort")]
    [InlineData("labelers d --labeler anna --flagged", "--flagged")]
    [InlineData("suspects d --min-probability 2", "--min-probability")]
    [InlineData("agreement d --scale ratio", "--scale")]
    [InlineData("next d --policy luck", "--policy")]
    [InlineData("next d --count 0", "--count")]
    [InlineData("next d --labeler anna:cost=-1", "--labeler")]
    [InlineData("key create", "--role")]
    [InlineData("key create --role king", "king")]
    [InlineData("key create --role labeler --dataset d", "--labeler")]
    [InlineData("key create --role labeler --labeler anna", "--dataset")]
    [InlineData("key create --role reader --labeler anna", "--role labeler")]
    [InlineData("key create --role admin --dataset d", "all datasets")]
    [InlineData("key create --role reader --expires soon", "90d")]
    [InlineData("key create --role reader --expires 0d", "90d")]
    [InlineData("key create --role reader --burst 5", "--rate")]
    [InlineData("key create --role reader --rate many", "many")]
    [InlineData("key create --role ingester --annotations-per-day many", "many")]
    [InlineData("key create --role ingester --items-per-day 1.5", "1.5")]
    [InlineData("key revoke lbl_abc_secret", "apiKeys/ID")]
    [InlineData("audit verify --head 12", "64 hexadecimal digits")]
    [InlineData("audit list --since yesterday", "2026-11-28")]
    [InlineData("erase d anna", "--mode")]
    [InlineData("erase d anna --mode forget", "pseudonymise or delete")]
    [InlineData("erase d anna --mode delete", "--yes")]
    [InlineData("watch run-1", "datasets/D/trainingRuns/R")]
    [InlineData("demo --seeds 5-1", "--seeds")]
    [InlineData("demo --seeds 1-2 --seed 1", "exclude")]
    [InlineData("serve --port 1", "./labeler serve")]
    [InlineData("dataset list --server nonsense", "nonsense")]
    [InlineData("dataset list --server ftp://host", "ftp://host")]
    [InlineData("dataset list --timeout 0", "--timeout")]
    public async Task A_wrong_command_line_ends_with_2_and_says_what_is_wrong(string line, string named)
    {
        var outcome = await CommandLine.RunAsync(line);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(named, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Theory]
    [InlineData("key revoke lbl_abc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("key list lbl_abc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA --json")]
    [InlineData("dataset list --server lbl_abc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("dataset list --timeout 0 --api-key lbl_abc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_key_in_the_wrong_place_is_not_repeated(string line)
    {
        var outcome = await CommandLine.RunAsync(line);

        Assert.Equal(2, outcome.ExitCode);
        Assert.DoesNotContain("AAAA", outcome.Error + outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dataset create d --json")]
    [InlineData("dataset delete d --json")]
    [InlineData("bogus --json")]
    public async Task With_json_wrong_usage_is_one_document_too(string line)
    {
        var outcome = await CommandLine.RunAsync(line);

        Assert.Equal(2, outcome.ExitCode);
        using var document = JsonDocument.Parse(outcome.Output);
        Assert.Equal("WRONG_USAGE", document.RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_wrong_server_in_the_environment_is_wrong_usage()
    {
        var outcome = await CommandLine.RunAsync(["dataset", "list"], new() { ["LABELER_SERVER"] = "localhost" });

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("\"localhost\"", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    public async Task Help_lists_every_command_and_succeeds(string line)
    {
        var outcome = await CommandLine.RunAsync(line);

        Assert.Equal(0, outcome.ExitCode);
        const string commands = "demo serve dataset import export train pretrain watch cancel runs trainers retrain models model backbones algorithms evaluate compare predict consensus labelers suspects agreement next aggregators key audit erase config doctor completion backup restore partition trainer test";
        foreach (var command in commands.Split(' '))
        {
            Assert.Matches($@"(?m)^  {command}\b", outcome.Output);
        }
    }

    [Theory]
    [InlineData("import items --help", "labeler import items scenes --features")]
    [InlineData("retrain --help", "labeler retrain decisions scenes")]
    [InlineData("retrain policy set --help", "--cron \"0 3 * * *\" --time-zone Europe/Vienna")]
    [InlineData("retrain check --help", "labeler retrain check scenes")]
    [InlineData("watch --help", "--events | jq .sequence")]
    [InlineData("trainers --help", "labeler trainers --json")]
    [InlineData("import labels --help", "--on-error skip --rejects")]
    [InlineData("import gold --help", "labeler import gold")]
    [InlineData("import labelers --help", "labeler import labelers")]
    [InlineData("export --help", "labeler export labels")]
    [InlineData("export items --help", "labeler export items")]
    [InlineData("export labels --help", "--format crowd-kit")]
    [InlineData("export gold --help", "labeler export gold")]
    [InlineData("export labelers --help", "labeler export labelers")]
    [InlineData("train --help", "labeler train scenes --model wdn --wait")]
    [InlineData("pretrain --help", "labeler pretrain gestures --objective bingo --wait")]
    [InlineData("evaluate --help", "--basis labelers")]
    [InlineData("compare --help", "labeler compare datasets/scenes/models/bn datasets/scenes/models/wdn")]
    [InlineData("model --help", "labeler model datasets/scenes/models/wdn --json")]
    [InlineData("predict --help", "labeler predict datasets/scenes/models/wdn")]
    [InlineData("predict --help", "labeler predict datasets/reports/models/wdn --texts")]
    [InlineData("consensus --help", "labeler consensus scenes --method ds --out")]
    [InlineData("labelers --help", "labeler labelers scenes --flagged")]
    [InlineData("suspects --help", "labeler suspects scenes --limit")]
    [InlineData("agreement --help", "labeler agreement scenes")]
    [InlineData("next --help", "--labeler anna:cost=5,max=30")]
    [InlineData("aggregators --help", "labeler aggregators")]
    [InlineData("serve --help", "./labeler serve")]
    public async Task Help_of_a_command_ends_with_examples(string line, string example)
    {
        var outcome = await CommandLine.RunAsync(line);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains(example, outcome.Output, StringComparison.Ordinal);
    }
}
