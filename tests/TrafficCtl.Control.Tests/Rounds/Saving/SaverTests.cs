using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Saving;
using TrafficCtl.Control.Rounds.Troubles;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds.Saving;

/// <summary>What became of each commit of a round, and what the next round does after it.</summary>
public sealed class SaverTests
{
    private readonly FakeStore store = new();
    private readonly ManualClock clock = new();
    private readonly ControlMetrics counts = new();
    private readonly StoreAccess access;
    private readonly Saver saver;

    public SaverTests()
    {
        access = new StoreAccess(clock, counts, NullLogger<StoreAccess>.Instance);
        saver = new Saver(store, access, counts, NullLogger<Saver>.Instance);
    }

    [Fact]
    public async Task A_round_is_saved_in_one_call_and_the_store_works_again()
    {
        access.Failed(new StoreUnavailableException("gone"));
        Assert.Equal([SaveResult.Saved, SaveResult.Saved], await SaveAsync("a", "b"));
        Assert.Equal([2], store.Batches);
        Assert.Null(access.Trouble);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_a_stale_commit_and_others_the_others_are_saved(bool together)
    {
        store.CommitsTogether = together;
        store.Put(Record("b", 9));
        Assert.Equal([SaveResult.Saved, SaveResult.Stale, SaveResult.Saved], await SaveAsync("a", "b", "c"));
        Assert.Equal(together ? [2] : [1, 1], store.Batches);
        Assert.Equal((1, 0), (counts.StaleWrites, counts.StoreErrors));
    }

    [Fact]
    public async Task A_store_that_calls_a_service_stale_that_was_not_asked_for_is_asked_once()
    {
        var asked = 0;
        store.Poison = _ => ++asked > 3 ? null : new StaleGenerationException(new TargetKey("other", "default"), 1, 2);
        Assert.Equal([SaveResult.Stale, SaveResult.Stale], await SaveAsync("a", "b"));
        Assert.Equal(1, asked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_is_gone_leaves_all_in_doubt_or_untried_and_none_at_fault(bool together)
    {
        store.CommitsTogether = together;
        store.IsGone = true;
        var outcomes = await saver.SaveAsync([.. Enumerable.Range(0, 40).Select(i => Birth($"s{i}"))], default);
        Assert.Contains(outcomes, o => o.Result == SaveResult.InDoubt);
        Assert.Equal(!together, outcomes.Any(o => o.Result == SaveResult.NotTried));
        Assert.DoesNotContain(outcomes, o => o.Result is SaveResult.Saved or SaveResult.Stale);
        Assert.All(outcomes, o => Assert.Null(o.Fault));
        Assert.NotNull(access.Trouble);
    }

    [Fact]
    public async Task After_a_fault_that_the_store_does_not_know_one_round_is_saved_one_by_one()
    {
        var fault = new InvalidOperationException("cannot be written");
        store.Poison = _ => fault;
        var outcomes = await saver.SaveAsync([Birth("a"), Birth("b")], default);
        Assert.All(outcomes, o => Assert.Equal(new SaveOutcome(SaveResult.InDoubt, fault), o));
        Assert.Equal(0, counts.StoreErrors);

        store.Poison = commits => commits.Any(c => c.Record.Key.Service == "a") ? fault : null;
        Assert.Equal([SaveResult.InDoubt, SaveResult.Saved], await SaveAsync("a", "b"));
        Assert.Equal([1], store.Batches);

        store.Poison = _ => null;
        Assert.Equal([SaveResult.Saved, SaveResult.Saved], await SaveAsync("a", "c"));
        Assert.Equal([SaveResult.Saved, SaveResult.Saved], await SaveAsync("d", "e"));
        Assert.Equal([1, 1, 1, 2], store.Batches);
    }

    [Fact]
    public async Task Where_each_is_a_call_of_its_own_one_that_cannot_be_kept_is_at_fault_alone_and_the_store_works()
    {
        store.CommitsTogether = false;
        access.Failed(new StoreUnavailableException("gone"));
        var only = new StoreUnavailableException("no permission") { Only = new TargetKey("b", "default") };
        var other = new InvalidOperationException("cannot be written");
        store.Poison = commits => commits[0].Record.Key.Service switch { "b" => only, "c" => other, _ => null };
        var outcomes = await saver.SaveAsync([Birth("a"), Birth("b"), Birth("c"), Birth("d")], default);
        Assert.Equal(
            [
                new SaveOutcome(SaveResult.Saved), new SaveOutcome(SaveResult.InDoubt, only), new SaveOutcome(SaveResult.InDoubt, other),
                new SaveOutcome(SaveResult.Saved),
            ], outcomes);
        Assert.Null(access.Trouble);
        Assert.Equal(2, counts.StoreErrors);
    }

    [Fact]
    public async Task Where_each_is_a_call_of_its_own_a_store_that_is_gone_stays_in_trouble_and_nothing_to_save_says_nothing_of_it()
    {
        store.CommitsTogether = false;
        store.IsGone = true;
        await SaveAsync("a");
        Assert.NotNull(access.Trouble);
        Assert.Empty(await saver.SaveAsync([], default));
        Assert.NotNull(access.Trouble);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_was_cancelled_by_the_store_itself_is_in_doubt_and_one_that_was_stopped_is_cancelled(bool together)
    {
        store.CommitsTogether = together;
        store.Poison = _ => new OperationCanceledException("a timeout of the store's own");
        Assert.Equal([SaveResult.InDoubt], await SaveAsync("a"));
        using var stopped = new CancellationTokenSource();
        store.Poison = _ =>
        {
            stopped.Cancel();
            return new OperationCanceledException(stopped.Token);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await saver.SaveAsync([Birth("b")], stopped.Token));
    }

    private async Task<SaveResult[]> SaveAsync(params string[] services) =>
        [.. (await saver.SaveAsync([.. services.Select(Birth)], default)).Select(o => o.Result)];

    private static Commit Birth(string service) => new(-1, Record(service, 1), null, [], []);

    private static ServiceRecord Record(string service, long generation) =>
        new(new TargetKey(service, "default"), "v1", 0, generation, [], null, default);
}
