using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Tests.Rollouts;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Services;

public sealed class RolloutStarterTests
{
    [Fact]
    public void A_birth_begins_the_last_listed_version_in_waiting()
    {
        var started = Start(Spec("v1", "v2", "v3"), Born).Started!;
        Assert.Equal(("shop-default-1", "v1", "v3", 1L), (started.Id, started.Stable, started.Candidate, started.Generation));
        Assert.Equal(new Phase.Waiting("a first good probe of v3"), started.Phase);
        Assert.Equal(Spec("v1").Plan, started.Plan);
    }

    [Fact]
    public void Where_only_wishes_start_versions_a_listed_one_waits_for_a_publish()
    {
        var spec = Spec("v1", "v2", "v3") with { StartsByWishOnly = true };
        Assert.Null(Start(spec, Born).Started);
        Assert.Equal("v2", Start(spec, Born, Wish(WishKind.Publish, "v2")).Started!.Candidate);
        var record = Ended(Begun(Spec("v1", "v2")), new Phase.RolledBack(RollbackCause.Verdict, "worse"));
        Assert.Null(Start(Spec("v1", "v2@9") with { StartsByWishOnly = true }, record).Started);
    }

    [Fact]
    public void Where_only_wishes_start_versions_a_listed_one_supersedes_nothing_and_a_queued_one_does()
    {
        var spec = Spec("v1", "v2", "v3") with { StartsByWishOnly = true };
        var record = Begun(Spec("v1", "v2"));
        Assert.Null(RolloutStarter.Newer(spec, record));
        Assert.Equal("v3", RolloutStarter.Newer(spec, record with { Queued = "v3" }));
    }

    [Fact]
    public void Reordering_the_file_starts_nothing()
    {
        var record = Ended(Begun(Spec("v1", "v2", "v3")), new Phase.Good());
        Assert.Equal("v3", record.LastGood);
        foreach (var order in new[] { "v3 v2 v1", "v1 v3 v2", "v2 v1 v3" })
            Assert.Null(Start(Spec(order.Split(' ')), record).Started);
    }

    [Fact]
    public void An_old_stable_whose_endpoints_changed_does_not_come_back_by_itself() =>
        Assert.Null(Start(Spec("v1@9", "v2"), Ended(Begun(Spec("v1", "v2")), new Phase.Good())).Started);

    [Fact]
    public void A_failed_version_starts_again_only_by_retry_or_with_changed_endpoints()
    {
        var spec = Spec("v1", "v2");
        foreach (var end in new Phase[] { new Phase.RolledBack(RollbackCause.Verdict, "worse"), new Phase.Aborted("asked") })
        {
            var record = Ended(Begun(spec), end);
            Assert.Equal("v1", record.LastGood);
            Assert.Null(Start(spec, record).Started);
            Assert.False(Start(spec, record, Wish(WishKind.Publish, "v2")).Wishes[0].Accepted);
            Assert.Equal("shop-default-2", Start(spec, record, Wish(WishKind.Retry)).Started!.Id);
            Assert.Equal("v2", Start(Spec("v1", "v2@9"), record).Started!.Candidate);
        }
    }

    [Fact]
    public void A_superseded_version_starts_again_only_when_it_is_published()
    {
        var record = Ended(Begun(Spec("v1", "v2")), new Phase.Superseded("v3"));
        Assert.Null(Start(Spec("v1", "v2@9"), record).Started);
        Assert.Equal("v2", Start(Spec("v1", "v2"), record, Wish(WishKind.Publish, "v2")).Started!.Candidate);
    }

    [Fact]
    public void What_no_file_lists_any_more_is_remembered_for_a_while_only()
    {
        var record = Ended(Begun(Spec("v1", "v2")), new Phase.RolledBack(RollbackCause.Verdict, "worse"));
        record = record with { Tried = [.. Enumerable.Range(0, 1000).Select(i => new TriedVersion($"old{i}", "x")), .. record.Tried] };
        var spec = Spec("v1", "v2", "v3");
        var tried = record.After(Start(spec, record), spec).Tried;
        Assert.Equal(ServiceRecord.MostUnlisted, tried.Count(t => t.Version.StartsWith("old", StringComparison.Ordinal)));
        Assert.Contains(tried, t => t.Version == "old999");
        Assert.Contains(tried, t => t is { Version: "v2", Trial: Trial.Failed });
    }

    [Fact]
    public void A_version_passed_over_starts_when_it_is_published()
    {
        var record = Ended(Begun(Spec("v1", "v2", "v3")), new Phase.Good());
        Assert.Equal("v2", Start(Spec("v1", "v2", "v3"), record, Wish(WishKind.Publish, "v2")).Started!.Candidate);
        Assert.Equal("v1", Start(Spec("v1", "v2", "v3"), record, Wish(WishKind.Publish, "v1")).Started!.Candidate);
    }

    [Fact]
    public void Refused_wishes_are_answered_and_those_after_the_start_stay_for_the_engine()
    {
        var decision = Start(Spec("v1", "v2"), Born,
            Wish(WishKind.Abort, id: 1), Wish(WishKind.Publish, "v9", 2), Wish(WishKind.Retry, id: 3), Wish(WishKind.Publish, "v2", 4),
            Wish(WishKind.Pause, id: 5));
        Assert.Equal([(1, false), (2, false), (3, false), (4, true)], decision.Wishes.Select(w => ((int)w.Wish.Id, w.Accepted)));
        Assert.Equal("v2", decision.Started!.Candidate);
    }

    [Fact]
    public void There_is_nothing_to_retry_after_a_good_rollout()
    {
        var record = Ended(Begun(Spec("v1", "v2")), new Phase.Good());
        Assert.False(Start(Spec("v1", "v2"), record, Wish(WishKind.Retry)).Wishes[0].Accepted);
    }

    [Fact]
    public void A_version_listed_after_the_candidate_is_newer_and_an_edit_before_it_is_not()
    {
        var record = Begun(Spec("v1", "v2"));
        Assert.Null(RolloutStarter.Newer(Spec("v1", "v2"), record));
        Assert.Equal("v3", RolloutStarter.Newer(Spec("v1", "v2", "v3"), record));
        Assert.Null(RolloutStarter.Newer(Spec("v1", "v0", "v2"), record));
        Assert.Equal("v0", RolloutStarter.Newer(Spec("v0", "v1", "v2"), record with { Queued = "v0" }));
        Assert.Null(RolloutStarter.Newer(Spec("v1", "v2"), Born));
    }

    [Fact]
    public void What_was_published_during_a_rollout_starts_after_it()
    {
        var spec = Spec("v0", "v1", "v2");
        var active = Begun(spec);
        var publish = RolloutEngine.Decide(
            active.Active! with { Phase = Observing(1) },
            Seen() with { Wishes = [Wish(WishKind.Publish, "v0")], Versions = ["v0", "v1", "v2"] }, At(Noon));
        var record = active.After(publish);
        Assert.Equal("v0", record.Queued);
        var ended = Ended(record, new Phase.Superseded("v0"));
        var next = Start(spec, ended);
        Assert.Equal(("v0", 2), (next.Started!.Candidate, next.Started.Number));
        Assert.Null(ended.After(next, spec).Queued);
    }

    [Fact]
    public void Generations_rise_with_each_saved_decision()
    {
        var spec = Spec("v1", "v2");
        var begun = Begun(spec);
        var refused = begun.After(RolloutEngine.Decide(begun.Active!, Seen().Asking(WishKind.Resume), At(Noon)));
        Assert.Equal((1L, 2L, 1L), (begun.Generation, refused.Generation, refused.Active!.Generation));
        var ended = Ended(refused, new Phase.Aborted(""));
        Assert.True(ended.Generation > refused.Generation);
        Assert.True(Start(spec, ended, Wish(WishKind.Retry)).Started!.Generation > ended.Generation);
        Assert.True(ended.After(Start(spec, ended, Wish(WishKind.Pause)), spec).Generation > ended.Generation);
    }

    private static StartDecision Start(ServiceSpec spec, ServiceRecord record, params Wish[] wishes) =>
        RolloutStarter.Decide(spec, record, [.. wishes], Noon);

    private static ServiceRecord Begun(ServiceSpec spec) => Born.After(Start(spec, Born), spec);

    private static ServiceRecord Ended(ServiceRecord record, Phase end) =>
        record.After(new Decision(record.Active! with { Phase = end, Generation = record.Active.Generation + 1 }, "end", "", []));
}
