using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Promoting;

/// <summary>A fault at any call that the driver makes, of any kind, ends where it would have ended without it.</summary>
public sealed class EveryCallOfAPipelineTests
{
    private static readonly string[] Ports = [nameof(IPromotionFacts), "publications", "runtime", "questions", "services"];

    [Theory]
    [InlineData(PortFault.FailsBefore)]
    [InlineData(PortFault.FailsAfter)]
    [InlineData(PortFault.DiesBefore)]
    [InlineData(PortFault.DiesAfter)]
    public async Task A_fault_at_any_call_ends_where_it_would_have(PortFault fault)
    {
        using var undisturbed = NewWorld();
        await PlayAsync(undisturbed);
        for (var k = 1; k <= undisturbed.Calls.Count; k++)
        {
            using var world = NewWorld();
            (world.Calls.BreaksAt, world.Calls.Fault) = (k, fault);
            try
            {
                await PlayAsync(world);
                Check(world, undisturbed);
            }
            catch (Exception broken)
            {
                var facts = world.Facts.Select(static f => $"{f.Stamp.At:mm:ss} {f.Name} {f.Stamp.Why}");
                throw new InvalidOperationException(
                    $"{fault} at call {k} of {undisturbed.Calls.Count}: {string.Join("\n", facts)}", broken);
            }
        }
    }

    private static PipelineWorld NewWorld()
    {
        var verify = EntryGate.Of("verify", new VerifyGate(new Verification.Run("./smoke.sh", [], "/"), VerifyGate.DefaultTimeout));
        PipelineSpec spec = Specs.Of(
            [Specs.Test with { Verify = [verify] }, new EnvironmentSpec("prod") { Watch = Specs.Watch, After = ["test"] }]);
        var world = new PipelineWorld(spec);
        world.Calls.Counts = static (port, name) =>
            Ports.Contains(port) || name is nameof(IStore.RecordWishAsync) || name is nameof(ITrafficRouter.AbortAsync);
        return world;
    }

    /// <summary>Two versions, of which the second is vetoed behind its canary, and a third that goes all the way.</summary>
    private static async Task PlayAsync(PipelineWorld world)
    {
        world.Metrics.Rate = 400;
        var v1 = await world.PublishAsync("v1");
        await world.UntilAsync(w => w.IsGood("prod", v1));
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Router.Effective(PipelineWorld.Key("prod")).ReachesCandidate);
        await VetoAsync(world, v2);
        await world.UntilAsync(w => w.Serving("test") == "v1" && w.Serving("prod") == "v1");
        var v3 = await world.PublishAsync("v3");
        await world.UntilAsync(w => w.IsGood("prod", v3));
        await world.WaitAsync(10);
    }

    /// <summary>Ordered by somebody who orders again when nothing was recorded.</summary>
    private static async Task VetoAsync(PipelineWorld world, string bundle)
    {
        for (var i = 0; i < 20; i++)
        {
            try
            {
                var made = world.Orders.MakeAsync(
                    PipelineWorld.Service, at => new PromotionFact.Vetoed(new(0, at, "ann", "because"), "test", bundle), default).AsTask();
                await world.SettleAsync();
                if (made.IsCompleted && (await made).IsAccepted) return;
            }
            catch (StoreUnavailableException)
            {
                await world.SecondAsync();
            }

            if (world.Facts.OfType<PromotionFact.Vetoed>().Any()) return;
            await world.SecondAsync();
        }
    }

    private static void Check(PipelineWorld world, PipelineWorld undisturbed)
    {
        Assert.Equal(Journal(undisturbed), Journal(world));
        Assert.Equal(world.Questions.Begun.Count, world.Questions.Begun.Distinct().Count());
        foreach (var target in world.Spec.Targets)
        {
            var (record, expected) = (world.Store.Find(target.Key)!, undisturbed.Store.Find(target.Key)!);
            Assert.Equal((expected.LastGood, expected.LastNumber, expected.Active), (record.LastGood, record.LastNumber, record.Active));
            Assert.Equal(["v3"], world.Runtime.Running(target.Key));
            Assert.Equal("v3", world.Serving(target.Key.Environment));
        }
    }

    /// <summary>What happened at each target, without questions that had to be asked again.</summary>
    private static string[] Journal(PipelineWorld world) =>
    [
        .. world.Facts.OfType<PromotionFact.OfTarget>().Where(static f => f is not PromotionFact.RolloutStepped)
            .Select(f => $"{f.Environment} {f.Name}").OrderBy(static f => f.Split(' ')[0], StringComparer.Ordinal),
    ];
}
