using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds;

/// <summary>
/// What a router gets is what the store holds. The order of the calls of every round is checked by <see cref="World"/> itself.
/// </summary>
public sealed class NothingActsBeforeItIsSavedTests
{
    private static readonly WishKind[] Wishes =
        [WishKind.Pause, WishKind.Resume, WishKind.Promote, WishKind.PromoteFull, WishKind.Abort, WishKind.Retry];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Fact]
    public async Task A_router_is_told_nothing_of_a_service_whose_birth_cannot_be_saved()
    {
        using var world = new World();
        world.Store.Poison = _ => new StoreUnavailableException("the disk is full");
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        Assert.Equal(0, world.Router.Applications);

        world.Store.Poison = _ => null;
        await world.UntilAsync(w => w.Router.Applications > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_no_commit_succeeds_the_router_is_told_only_what_it_was_told_before(bool together)
    {
        using var world = new World();
        world.Store.CommitsTogether = together;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var (before, settlements) = (world.Router.History.Count, world.Router.Settlements);
        var route = world.Router.Find(World.Service);
        world.Store.Poison = _ => new StoreUnavailableException("the disk is full");
        world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.5);
        world.Router.Drift = new Drift(Weights.AllStable, "kubectl-edit (Update)", null, DriftAnswer.Abort, "the weights were changed");
        for (var i = 0; i < 30; i++)
        {
            if (i % 7 == 0) await AskAsync(world, Wishes[i / 7]);
            await world.SecondAsync();
        }

        Assert.Equal(
            (before, settlements, route), (world.Router.History.Count, world.Router.Settlements, world.Router.Find(World.Service)));

        world.Store.Poison = _ => null;
        await world.UntilAsync(w => w.Active is null && w.Router.Find(World.Service)?.Candidate is null);
    }

    /// <summary>Wishes, drifts, bad candidates, restarts, and commits that fail before or after they were saved, by chance.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Every_route_in_force_is_one_that_was_saved_before(int seed)
    {
        var chance = new Random(seed);
        using var world = new World();
        var saved = new HashSet<ServiceRoute>();
        world.Store.OnSaved = record => saved.Add(
            record.Active is { } active ? Exposures.RouteFor(active) : ServiceRoute.Idle(record.Key, record.Generation, record.LastGood));
        var unsaved = new List<ServiceRoute>();
        world.Router.OnApply = route =>
        {
            if (!saved.Contains(route)) unsaved.Add(route);
        };
        world.Store.Poison = _ => chance.Next(3) == 0 ? new StoreUnavailableException("the disk is full") : null;
        for (var i = 0; i < 60; i++)
        {
            world.Router.Drift = chance.Next(6) switch { 0 => Any(chance), 1 => null, _ => world.Router.Drift };
            world.Metrics.Candidate = new ArmScript(ErrorRatio: chance.Next(20) == 0 ? 0.5 : 0.01);
            (world.Calls.BreaksAt, world.Calls.Fault) = (world.Calls.Count + chance.Next(40), (PortFault)chance.Next(4));
            if (chance.Next(4) == 0) await AskAsync(world, Wishes[chance.Next(Wishes.Length)]);
            if (chance.Next(20) == 0) world.Restart(TimeSpan.FromSeconds(chance.Next(5)));
            await world.SecondAsync();
        }

        Assert.Empty(unsaved);
        Assert.NotEmpty(world.Router.History);
    }

    private static Drift Any(Random chance)
    {
        var answer = (DriftAnswer)chance.Next(4);
        return new(Weights.AllStable, "kubectl-edit (Update)", null, answer, $"the weights were changed: {answer}");
    }

    private static async Task AskAsync(World world, WishKind kind)
    {
        try
        {
            await world.Store.RecordWishAsync(new Wish(0, World.Key, kind, null, "ann", "", "a test", world.Clock.GetUtcNow()), default);
        }
        catch (StoreUnavailableException)
        {
            // The caller gets the reason; nothing was recorded.
        }
        catch (ProcessDiedException)
        {
            world.Restart();
        }

        world.Loop.Wake(World.Key);
    }
}
