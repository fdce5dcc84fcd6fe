using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

/// <summary>A gate that people open, with the real loop and store.</summary>
public sealed class ApprovalTests
{
    private static readonly ApproveGate Two = new("approver", 2, NotAuthor: false, TimeSpan.FromHours(2));

    [Fact]
    public async Task Waits_for_two_people_and_goes_on_when_both_have_approved()
    {
        using var world = new World(World.Spec() with { Needs = [Two] });
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        Assert.IsType<Phase.Waiting>(world.Phase);
        Assert.Contains("0 of 2 approvals by approver", world.View.LastDecision!.Reason, StringComparison.Ordinal);
        Assert.True((await VoteAsync(world, "bob")).Accepted);
        Assert.False((await VoteAsync(world, "bob")).Accepted);
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        Assert.IsType<Phase.Waiting>(world.Phase);
        Assert.True((await VoteAsync(world, "cid")).Accepted);
        await world.UntilAsync(w => w.Phase is Phase.Good);
    }

    [Fact]
    public async Task A_rejection_takes_the_candidate_back_before_anybody_met_it()
    {
        using var world = new World(World.Spec() with { Needs = [Two] });
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        Assert.True((await VoteAsync(world, "bob", WishKind.Reject)).Accepted);
        await world.UntilAsync(w => w.View.Newest!.Phase is Phase.RolledBack { Cause: RollbackCause.Gate });
    }

    private static async Task<WishOutcome> VoteAsync(World world, string who, WishKind kind = WishKind.Approve)
    {
        var wish = new Wish(0, world.View.Key, kind, null, who, "because", "a test", default) { Vote = new Vote("", "", "approver") };
        return (await world.AskAsync(wish))!;
    }
}
