using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

/// <summary>Invariant 3: a fault at any port call, of any kind, loses nothing and repeats nothing visible.</summary>
public sealed class EveryPortCallTests
{
    public static TheoryData<PortFault, bool, bool> Cases() => new()
    {
        { PortFault.FailsBefore, true, false }, { PortFault.FailsAfter, true, false }, { PortFault.DiesBefore, true, false },
        { PortFault.DiesAfter, true, false },
        { PortFault.FailsBefore, false, false }, { PortFault.FailsAfter, false, false }, { PortFault.DiesBefore, false, false },
        { PortFault.DiesAfter, false, false },
        { PortFault.FailsBefore, true, true }, { PortFault.FailsAfter, true, true }, { PortFault.DiesBefore, true, true },
        { PortFault.DiesAfter, true, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_fault_at_any_port_call_ends_where_it_would_have(PortFault fault, bool isGood, bool isClockSet)
    {
        using var undisturbed = new World();
        await PlayAsync(undisturbed, isGood, isClockSet);
        var calls = undisturbed.Calls.Count;

        for (var k = 1; k <= calls; k++)
        {
            using var world = new World();
            (world.Calls.BreaksAt, world.Calls.Fault) = (k, fault);
            await PlayAsync(world, isGood, isClockSet);
            try
            {
                Check(world, undisturbed);
            }
            catch (Exception broken)
            {
                throw new InvalidOperationException(
                    $"{fault} at call {k} of {calls}: {string.Join("\n", world.Store.Facts.Select(f => f.Text))}", broken);
            }
        }
    }

    /// <summary>
    /// A rollout with a pause and a resume in the middle, and a clock that is set a day ahead in a dwell and an hour back in the next one.
    /// </summary>
    private static async Task PlayAsync(World world, bool isGood, bool isClockSet)
    {
        world.Metrics.Rate = 400;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        if (isClockSet) world.Clock.Set(TimeSpan.FromDays(1));
        await RecordAsync(world, WishKind.Pause);
        await world.UntilAsync(w => w.Active?.Phase is Phase.Paused);
        await world.SecondAsync();
        await RecordAsync(world, WishKind.Resume);
        await world.UntilAsync(w => w.Active?.Phase is not Phase.Paused);
        if (isClockSet) world.Clock.Set(-TimeSpan.FromHours(1));
        if (!isGood) world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.5);
        await world.UntilAsync(w => w.Store.Find(World.Key) is { Active: null, LastNumber: > 0 }
            && w.Router.Find(World.Service)?.Candidate is null);
    }

    /// <summary>Asked by somebody who asks again when the store did not take it.</summary>
    private static async Task RecordAsync(World world, WishKind kind)
    {
        var wish = new Wish(0, Keys.Of(World.Service), kind, null, "ann", "", "a test", world.Clock.GetUtcNow());
        while (true)
        {
            try
            {
                await world.Store.RecordWishAsync(wish, default);
                break;
            }
            catch (TrafficCtl.Control.Ports.StoreUnavailableException)
            {
                await world.SecondAsync();
            }
            catch (ProcessDiedException)
            {
                world.Restart();
            }
        }

        world.Loop.Wake(World.Key);
        await world.SettleAsync();
    }

    private static void Check(World world, World undisturbed)
    {
        var (record, expected) = (world.Store.Find(World.Key)!, undisturbed.Store.Find(World.Key)!);
        Assert.Equal((expected.LastGood, expected.LastNumber, expected.Active), (record.LastGood, record.LastNumber, record.Active));
        Assert.Equal(expected.Tried.AsEnumerable(), record.Tried.AsEnumerable());
        Assert.Equal(Journal(undisturbed), Journal(world));
        Assert.Equal(record.LastGood, world.Router.Find(World.Service)!.Stable);

        var saved = world.Store.Facts.Where(f => f.Kind == "decided").Select(
            f => TrafficCtl.Control.Persistence.RolloutJson.ReadFact(f.Data))
            .ToDictionary(d => d.Generation!.Value, d => d.Exposure!);
        foreach (var route in world.Router.History)
        {
            Assert.Equal(Weights.Total, route.Exposure.General.Candidate + route.Exposure.General.Stable);
            var journal = saved.Where(s => s.Key <= route.Generation).OrderBy(s => s.Key).LastOrDefault().Value ?? Exposure.None;
            if (route.Candidate is not null) Assert.Equal(journal, route.Exposure);
        }

        Assert.Equal(world.Router.History.Select(r => r.Generation).Order(), world.Router.History.Select(r => r.Generation));
    }

    /// <summary>What was decided, without the looks on the way.</summary>
    private static IEnumerable<string> Journal(World world) =>
        world.Store.Facts.Where(f => f.Kind is "decided" or "born").Select(f => f.What);
}
