using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Api;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

public class WhyStoryTests
{
    [Fact]
    public void Says_where_since_when_because_of_what_and_what_is_missing()
    {
        var story = WhyStory.Tell(Example.Rollout, Example.Facts.RemoveAt(3), ["dwell: 20 s left", "evidence: 1.5 of 3.0"]);
        Assert.Equal(
            "checkout-default-3 has been observing v2 at step 2 (25 %) since 2026-01-01 11:50:04Z: step 1 held for 60 s with 2,000 "
                + "requests and passed. "
            + "Next it waits for dwell: 20 s left; evidence: 1.5 of 3.0.",
            story.Summary);
        Assert.Equal([2L, 3, 4], story.Facts.Select(f => f.Seq));
    }

    [Fact]
    public void Keeps_the_moment_of_entry_when_something_was_said_meanwhile()
    {
        var story = WhyStory.Tell(
            Example.Rollout,
            [
                Example.Fact(9, "refuse", "resume refused: nothing is paused", Example.Observing),
                Example.Fact(8, "resume", "ana asked", kind: "ordered"), .. Example.Facts
            ],
            []);
        Assert.Contains("since 2026-01-01 11:50:04Z: step 1 held for", story.Summary);
    }

    [Fact]
    public void Gives_the_cause_of_a_rollback_and_not_its_confirmation()
    {
        const string cause = "errors of v2 are worse: 5.1 % against 0.1 %, E = 320 of 100";
        var story = WhyStory.Tell(
            Example.Rollout,
            [
                Example.Fact(6, "rolled-back", "The router serves 0 %", new Phase.RolledBack(RollbackCause.Verdict, cause)),
                Example.Fact(5, "rollback", cause, new Phase.RollingBack(RollbackCause.Verdict, cause)),
                .. Example.Facts,
            ],
            []);
        Assert.Equal($"checkout-default-3 has been rolled back from v2 to v1 since 2026-01-01 11:50:06Z: {cause}.", story.Summary);
    }

    [Fact]
    public void Names_the_rollout_once() => Assert.EndsWith(
        ": 5 % is in force.",
        WhyStory.Tell(
            Example.Rollout, [Example.Fact(1, "observe", $"rollout {Example.Rollout} (v1 → v2): 5 % is in force", Example.Observing)],
            []).Summary);

    [Fact]
    public void Tells_by_text_what_a_newer_layout_says()
    {
        var strange = Example.Fact(5, "decide", "v2 was weighed anew") with { Data = """{"phase":{"phase":"Weighing"}}""" };
        Assert.Equal("checkout-default-3: v2 was weighed anew.", WhyStory.Tell(Example.Rollout, [strange], []).Summary);
    }

    [Fact]
    public void Has_words_for_every_phase()
    {
        Phase[] family =
        [
            new Phase.Waiting("a probe"), new Phase.Shifting(0), Example.Observing, new Phase.Baking(Example.Now), new Phase.Good(),
            new Phase.Paused(Example.Observing, PauseCause.Person, "ana asked", Example.Now),
            new Phase.RollingBack(RollbackCause.Breaker, "it tripped"),
            new Phase.RolledBack(RollbackCause.Breaker, "it tripped"), new Phase.Superseded("v3"), new Phase.Aborted("ana asked"),
        ];
        Assert.Equal(typeof(Phase).GetNestedTypes().Length, family.Length);
        Assert.All(family, phase => Assert.StartsWith(
            "checkout-default-3 has been ", WhyStory.Tell(Example.Rollout, [Example.Fact(1, "decide", "Reason", phase)], []).Summary));
    }
}
