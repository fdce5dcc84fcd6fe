using System.Buffers;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

/// <summary>With routes a checkpoint says what came since the last whole one, and a restart brings back the same.</summary>
public sealed class CheckpointDeltaTests
{
    private static readonly PathGroups Fifty =
        PathGroups.Of(1, Enumerable.Range(0, 50).Select(i => $"/r{(char)('a' + (i / 26))}{(char)('a' + (i % 26))}"));

    [Fact]
    public async Task A_checkpoint_with_fifty_routes_says_only_what_came_since_the_last_whole_one_which_comes_every_five_minutes()
    {
        using var world = await ObservedAsync(keepsDeltas: true);
        world.Store.CheckpointBatches.Clear();
        for (var second = 0; second < 700; second++) await world.SecondAsync();
        var saved = world.Store.CheckpointBatches.SelectMany(b => b).ToList();
        Assert.InRange(saved.Count, 65, 71);
        // The first one has no judge yet, the second one is the first of a judge.
        Assert.Equal([0, 1, 32, 63], saved.Index().Where(c => !c.Item.IsDelta).Select(c => c.Index));
        Assert.All(saved.Skip(1).Where(c => !c.IsDelta), c => Assert.InRange(c.Evidence.Length, 16 * 1024, 64 * 1024));
        Assert.All(saved.Where(c => c.IsDelta), c => Assert.InRange(c.Evidence.Length, 100, 256));
    }

    [Fact]
    public async Task Without_routes_every_checkpoint_is_whole()
    {
        using var world = new World(Spec());
        await world.BegunAsync();
        for (var second = 0; second < 100; second++) await world.SecondAsync();
        Assert.NotEmpty(world.Store.CheckpointBatches);
        Assert.DoesNotContain(world.Store.CheckpointBatches.SelectMany(b => b), c => c.IsDelta);
    }

    [Fact]
    public async Task A_store_that_keeps_no_windows_gets_whole_checkpoints()
    {
        using var world = await ObservedAsync(keepsDeltas: false);
        for (var second = 0; second < 100; second++) await world.SecondAsync();
        Assert.DoesNotContain(world.Store.CheckpointBatches.SelectMany(b => b), c => c.IsDelta);
    }

    [Fact]
    public async Task Ticks_that_were_left_out_of_the_recording_make_the_next_checkpoint_whole()
    {
        using var world = await ObservedAsync(keepsDeltas: true);
        await UntilDeltaAsync(world);
        world.Store.IsGone = true;
        for (var second = 0; second < 600; second++) await world.SecondAsync();
        world.Store.IsGone = false;
        world.Store.CheckpointBatches.Clear();
        await world.UntilAsync(w => w.Store.CheckpointBatches.Count > 0);
        Assert.False(world.Store.CheckpointBatches[0][0].IsDelta);
    }

    [Theory]
    [InlineData(PortFault.FailsBefore)]
    [InlineData(PortFault.FailsAfter)]
    [InlineData(PortFault.DiesBefore)]
    [InlineData(PortFault.DiesAfter)]
    public async Task Whichever_call_dies_what_is_restored_is_what_a_whole_checkpoint_of_that_moment_restores(PortFault fault)
    {
        const int Seconds = 45;
        int from, to;
        using (var world = await ObservedAsync(keepsDeltas: true))
        {
            await UntilDeltaAsync(world);
            from = world.Calls.Count;
            for (var second = 0; second < Seconds; second++) await world.SecondAsync();
            to = world.Calls.Count;
        }

        var deltas = 0;
        // Five is prime to the calls of a round: every kind of call is met.
        for (var call = from + 1; call <= to; call += 5)
        {
            using var world = await ObservedAsync(keepsDeltas: true);
            using var twin = await ObservedAsync(keepsDeltas: false);
            await UntilDeltaAsync(world);
            while (twin.Clock.GetUtcNow() < world.Clock.GetUtcNow()) await twin.SecondAsync();
            Assert.Equal(world.Calls.Count, twin.Calls.Count);
            foreach (var one in (ReadOnlySpan<World>)[world, twin]) (one.Calls.BreaksAt, one.Calls.Fault) = (call, fault);
            for (var second = 0; second < Seconds; second++)
            {
                await world.SecondAsync();
                await twin.SecondAsync();
                if (!world.Store.Find(World.Key)!.Delta.IsEmpty) deltas++;
                var (restored, expected) = (Restore(world), Restore(twin));
                Assert.Equal(expected.Restored.SavedAt, restored.Restored.SavedAt);
                Assert.Equal(expected.Restored.Ticks, restored.Restored.Ticks);
                Assert.Equal(Bytes(expected.Restored.Judge!), Bytes(restored.Restored.Judge!));
                Assert.Equal(expected.Into.Resumed, restored.Into.Resumed);
                Assert.Equal(expected.Into.Step.Requests, restored.Into.Step.Requests);
            }
        }

        Assert.True(deltas > 100, $"{deltas} seconds with a difference in the store");
    }

    [Fact]
    public async Task A_torn_difference_or_a_missing_tick_gives_the_last_whole_checkpoint_and_what_is_lost_is_counted()
    {
        using var world = await ObservedAsync(keepsDeltas: true);
        await UntilDeltaAsync(world);
        for (var second = 0; second < 25; second++) await world.SecondAsync();
        var record = world.Store.Find(World.Key)!;
        var whole = EvidenceBytes.Restore(record.Evidence.Span, world.Specs[0].Analysis, new Observation())!;
        for (var at = 0; at < record.Delta.Length; at++)
        {
            var torn = record.Delta.ToArray();
            torn[at] ^= 0x10;
            Assert.Null(EvidenceBytes.FindDelta(torn, record.Evidence.Span));
            Assert.Null(EvidenceBytes.FindDelta(record.Delta.Span[..at], record.Evidence.Span));
        }

        var delta = EvidenceBytes.FindDelta(record.Delta.Span, record.Evidence.Span)!;
        var pieces = await world.Store.WindowsAsync(record.Active!.Id, delta.First, default);
        for (var missing = 0; missing < pieces.Length; missing++)
        {
            var into = new Observation();
            var restored = EvidenceSince.Restore(
                record, new EvidenceSince(delta, pieces.RemoveAt(missing)), world.Specs[0].Analysis, into)!;
            Assert.Equal((whole.SavedAt, whole.Ticks), (restored.SavedAt, restored.Ticks));
            Assert.Equal(Bytes(whole.Judge!), Bytes(into.Evidence.Judge!));
        }

        world.Store.Put(record with { Delta = record.Delta[..^1] });
        world.Restart();
        await world.SettleAsync();
        var lost = (long)(world.Clock.GetUtcNow() - whole.SavedAt).TotalSeconds;
        Assert.InRange(lost, 20, 60);
        Assert.Contains(world.View.Notes, n => n.Contains($"lost at most {lost} windows", StringComparison.Ordinal));
    }

    private static ServiceSpec Spec()
    {
        var spec = World.Spec();
        var step = new Step(null, Weights.OfCandidate(1000), TimeSpan.FromHours(1), new MinimumEvidence(100, 0));
        return spec with { Plan = spec.Plan with { Steps = [step] }, Analysis = spec.Analysis with { Tick = TimeSpan.FromSeconds(5) } };
    }

    private static async Task<World> ObservedAsync(bool keepsDeltas)
    {
        var world = new World(Spec());
        (world.Store.KeepsDeltas, world.Metrics.Paths, world.Metrics.Rate) = (keepsDeltas, Fifty, 400);
        (world.Metrics.Stable, world.Metrics.Candidate) = (new ArmScript(0.002), new ArmScript(0.002, 1.02));
        await world.BegunAsync();
        await world.UntilAsync(w => w.Phase is Phase.Observing);
        return world;
    }

    private static async Task UntilDeltaAsync(World world) => await world.UntilAsync(w => !w.Store.Find(World.Key)!.Delta.IsEmpty);

    private static (EvidenceBytes.Restored Restored, Observation Into) Restore(World world)
    {
        var (record, into) = (world.Store.Find(World.Key)!, new Observation());
        var since = EvidenceBytes.FindDelta(record.Delta.Span, record.Evidence.Span) is { } delta
            ? new EvidenceSince(delta, world.Store.FindWindows(record.Active!.Id))
            : null;
        into.BeginEvidence(record.Active!.Id, record.Recorded);
        return (EvidenceSince.Restore(record, since, world.Specs[0].Analysis, into)!, into);
    }

    private static byte[] Bytes(Judge judge)
    {
        var to = new ArrayBufferWriter<byte>();
        judge.Save(to);
        return to.WrittenSpan.ToArray();
    }
}
