using LabelerService.Storage.Runs;

namespace LabelerService.Trainer.Tests.Hosting;

public sealed class TrainerProcessTests
{
    [Fact]
    public async Task Without_a_database_the_trainer_refuses_and_says_how_to_name_one()
    {
        using var trainer = new TrainerProcess(postgres: null);
        var (code, _, errors) = await trainer.EndAsync();

        Assert.Equal(2, code);
        Assert.Contains("LABELER_POSTGRES", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--threads", "-1")]
    [InlineData("--no-such-option", "1")]
    public async Task Wrong_usage_is_refused(string option, string value)
    {
        using var trainer = new TrainerProcess("Host=nowhere", option, value);
        Assert.Equal(2, (await trainer.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_trainer_whose_standard_input_ends_gives_its_run_back_and_ends_well()
    {
        await using var queue = await Queue.CreateAsync();
        await queue.AddAsync("run", "dn", Queue.Endless);
        using var trainer = new TrainerProcess(queue.ConnectionString, "--exit-with-stdin", "--name", "child");
        Assert.Equal("child", (await queue.UntilTrainingAsync("run")).LeaseOwner);
        trainer.CloseStandardInput();
        var (code, output, _) = await trainer.EndAsync();

        Assert.Equal(0, code);
        Assert.Contains("Standard input has ended", output, StringComparison.Ordinal);
        Assert.Equal(RunState.Queued, (await queue.Runs.GetAsync(queue.Dataset, "run", default)).State);
    }

    [Fact]
    public async Task The_run_of_a_killed_trainer_is_taken_up_by_another()
    {
        await using var queue = await Queue.CreateAsync();
        await queue.AddAsync("run", "dn", Queue.Endless);
        using (var victim = new TrainerProcess(queue.ConnectionString, "--name", "victim"))
        {
            await queue.UntilTrainingAsync("run");
            victim.Kill();
            Assert.NotEqual(0, (await victim.EndAsync()).ExitCode);
        }

        await using var heir = await RunningTrainer.StartAsync(queue);
        var run = await queue.UntilAsync("run", candidate => candidate.LeaseOwner != "victim");

        Assert.Equal((RunState.Running, 2), (run.State, run.Attempt));
    }
}
