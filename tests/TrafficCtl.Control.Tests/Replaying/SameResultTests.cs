using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Replaying;
using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Replaying;

/// <summary>Every verdict can be replayed from stored windows to the same result.</summary>
public sealed class SameResultTests
{
    private const string Rollout = "checkout-default-1";

    [Fact]
    public void Whatever_happened_the_replay_gives_every_judgement_of_the_journal_and_the_evidence_to_the_last_bit() =>
        Check.One(Config.QuickThrowOnFailure.WithReplay(20_261_121, 7).WithMaxTest(60), Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
            LiveAndAgainAsync(seed).GetAwaiter().GetResult()));

    private static async Task LiveAndAgainAsync(int seed)
    {
        var chance = new Random(seed);
        using var world = new World(Spec(chance));
        var saved = new List<ReadOnlyMemory<byte>>();
        await LiveAsync(world, chance, saved);

        var recording = Assert.Single(await world.Store.RecordingsAsync(new RecordingQuery(RolloutId: Rollout), default));
        var replayed = await Replayer.ReplayAsync(world.Store, recording, null, default);
        Assert.True(replayed.IsJudged);
        Assert.False(replayed.IsChanged);
        Assert.Equal((0, 0L), (replayed.Differing, replayed.Missing));
        Assert.True(replayed.Judgements > 0);

        // Under the same analysis asked for by name nothing changes, when nobody changed it on the way.
        var named = await Replayer.ReplayAsync(world.Store, recording, _ => world.Specs[0].Analysis, default);
        Assert.Equal((replayed.Recorded, replayed.Again), (named.Recorded, named.Again));
        await SameEvidenceAsync(world, saved);
    }

    /// <summary>A rollout with all that may happen to one: faults, silence, restarts, a pause, worse and better times.</summary>
    private static async Task LiveAsync(World world, Random chance, List<ReadOnlyMemory<byte>> saved)
    {
        world.Metrics.Stable = world.Metrics.Candidate = new ArmScript(0, 1);
        if (chance.Next(2) == 0) world.Metrics.Paths = PathGroups.Of(1, ["/cart", "/orders", "/search"]);
        for (var second = 0; second < 400 && world.Phase is not { IsFinal: true }; second++)
        {
            switch (chance.Next(40))
            {
                case 0: world.Restart(); break;
                case 1: world.Metrics.Candidate = new ArmScript(chance.Next(4) * 0.02, 1 + (chance.Next(3) * 0.2)); break;
                case 2: world.Metrics.Stable = new ArmScript(chance.Next(2) * 0.01, 1 + (chance.Next(2) * 0.1)); break;
                case 3: world.Metrics.Rate = chance.Next(4) * 300; break;
                case 4: world.Metrics.Restart(); break;
                case 5: await world.AskAsync(chance.Next(2) == 0 ? WishKind.Pause : WishKind.Resume); break;
                case 6 when chance.Next(6) == 0: await world.AskAsync(WishKind.Promote); break;
                case 8:
                    world.Metrics.Regroup(
                        [.. Enumerable.Range(0, chance.Next(5)).Select(_ => new ArmScript(chance.Next(3) * 0.01, 1))]); break;
                case 7: world.Metrics.IsGone = !world.Metrics.IsGone; break;
            }

            await world.SecondAsync();
            if (world.Store.Find(World.Key) is { Evidence.IsEmpty: false } record
                && (saved.Count == 0 || !saved[^1].Span.SequenceEqual(record.Evidence.Span)))
                saved.Add(record.Evidence);
        }
    }

    /// <summary>Each saved evidence of the live judge is met by the replay after as many ticks.</summary>
    private static async Task SameEvidenceAsync(World world, List<ReadOnlyMemory<byte>> saved)
    {
        var analysis = world.Specs[0].Analysis;
        var expected = new Dictionary<long, byte[]>();
        foreach (var bytes in saved)
            if (EvidenceBytes.Restore(bytes.Span, analysis, new Observation()) is { Judge: { } judge, Ticks: var ticks })
                expected[ticks] = Bytes(judge);

        var bench = new Bench(null);
        var met = 0;
        foreach (var tick in new RecordedTicks(await world.Store.WindowsAsync(Rollout, 0, default)).Read())
        {
            bench.Absorb(tick);
            if (!expected.TryGetValue(tick.Before + 1, out var was)) continue;
            Assert.Equal(was, Bytes(bench.Judge!));
            met++;
        }

        Assert.Equal(expected.Count, met);
    }

    private static byte[] Bytes(Judge judge)
    {
        var to = new ArrayBufferWriter<byte>();
        judge.Save(to);
        return to.WrittenSpan.ToArray();
    }

    private static ServiceSpec Spec(Random chance)
    {
        var spec = World.Spec();
        var shadow = new Step(null, Weights.AllStable, TimeSpan.FromSeconds(5), default) { Shadow = Weights.OfCandidate(2000) };
        return spec with
        {
            Plan = chance.Next(3) == 0 ? spec.Plan with { Steps = [shadow, .. spec.Plan.Steps] } : spec.Plan,
            Analysis = spec.Analysis with
            {
                Tick = TimeSpan.FromSeconds(chance.Next(1, 4)),
                Errors = new ErrorTolerance(chance.Next(1, 5) * 0.02, chance.Next(4) == 0 ? Consequence.Hold : Consequence.Rollback),
                Latency = new LatencyTolerance(chance.Next(2) == 0 ? 0.99 : 0.9, chance.Next(1, 5) * 0.2),
            },
        };
    }
}
