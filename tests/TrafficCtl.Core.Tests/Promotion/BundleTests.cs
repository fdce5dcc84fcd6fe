using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using Xunit;
using static TrafficCtl.Core.Tests.Promotion.Delivery;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class BundleTests
{
    private static readonly BundlePart Artifact = new("app:1", "sha256:a", "c1");

    [Fact]
    public void Parts_of_two_commits_make_no_bundle()
    {
        var paired = Pairing.Pair("v1", Artifact, new("cfg", "sha256:b", "c2"));
        Assert.Null(paired.Bundle);
        Assert.Contains("commit c1", Assert.Single(paired.Problems), StringComparison.Ordinal);
        Assert.NotNull(Pairing.Pair("v1", Artifact, new("cfg", "sha256:b", "c1")).Bundle);
        Assert.NotNull(Pairing.Pair("v1", Artifact, new("cfg", "sha256:b")).Bundle);
    }

    [Fact]
    public void Every_problem_of_a_pair_is_reported_at_once() =>
        Assert.Equal(4, Pairing.Pair(" ", new("", "", "c1"), new("cfg", "x", "c2")).Problems.Length);

    [Theory]
    [InlineData("")]
    [InlineData("v1+cfg.2")]
    public void A_version_is_named_and_is_no_revision(string version) => Assert.Null(Pairing.Pair(version, Artifact).Bundle);

    [Fact]
    public void A_bundle_is_named_by_its_content()
    {
        var bundle = Pairing.Pair("v1", Artifact, new("cfg", "b")).Bundle!;
        Assert.Equal(bundle.Hash, Pairing.Pair("v2", Artifact with { Reference = "other:1" }, new("cfg", "b")).Bundle!.Hash);
        Assert.NotEqual(bundle.Hash, Pairing.Pair("v1", Artifact, new("cfg", "c")).Bundle!.Hash);
        Assert.NotEqual(bundle.Hash, Pairing.Pair("v1", Artifact).Bundle!.Hash);
        Assert.NotEqual(
            Pairing.Pair("v1", new("a", "x\n1:y")).Bundle!.Hash, Pairing.Pair("v1", new("a", "x"), new("c", "1:y")).Bundle!.Hash);
    }

    [Fact]
    public void To_publish_again_changes_nothing_and_another_content_is_refused()
    {
        var bundle = Pairing.Pair("v1", Artifact).Bundle!;
        var line = BundleLine.Empty.Add(bundle);
        Assert.Same(line, line.Add(bundle with { Author = "ann" }));
        var other = Pairing.Pair("v1", Artifact with { Digest = "z" }).Bundle!;
        Assert.Contains("never changes", line.Refusal(other)!, StringComparison.Ordinal);
        Assert.Contains("content of v1", line.Refusal(Pairing.Pair("v2", Artifact).Bundle!)!, StringComparison.Ordinal);
        Assert.Contains("reversible", line.Refusal(bundle with { Compatibility = Compatibility.ForwardOnly })!, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => line.Add(Pairing.Pair("v2", Artifact).Bundle!));
    }

    [Fact]
    public void Revisions_are_ordered_between_their_version_and_the_next()
    {
        var delivery = new Delivery(Env("test")).Publish("v1").Publish("v2").Revise("v1").Revise("v1+cfg.1");
        Assert.Equal(["v1", "v1+cfg.1", "v1+cfg.2", "v2"], delivery.State.Line.Ordered.Select(p => p.Bundle.Name));
        Assert.NotNull(Pairing.Revise(delivery["v1"], delivery["v1"].Configuration!).Problems.Single());
    }

    [Fact]
    public void A_revision_of_what_runs_has_its_own_rollout_and_rollback()
    {
        var line = Line().Publish("v1").Roll("test", "v1").Roll("staging", "v1").Roll("prod", "v1").Revise("v1");
        line.Roll("test", "v1+cfg.1").Roll("staging", "v1+cfg.1");
        Assert.Equal("v1+cfg.1", line.Desired("prod"));
        line.Start("prod", "v1+cfg.1").Fail("prod", "v1+cfg.1", to: "v1");
        Assert.Equal(("v1", DesiredBy.LastGood), (line.Desired("prod"), line.Decide("prod").By));
        Assert.False(line.State.Vetoes.ContainsKey(line.Hash("v1")));
    }

    [Fact]
    public void Where_an_environment_before_has_moved_on_the_evidence_of_the_version_stands_for_its_revision()
    {
        var line = Line().Publish("v1").Roll("test", "v1").Roll("staging", "v1").Roll("prod", "v1");
        line.Publish("v2").Roll("test", "v2").Roll("staging", "v2").Veto("prod", "v2").Revise("v1");
        Assert.Equal(("v2", "v2", "v1+cfg.1"), (line.Desired("test"), line.Desired("staging"), line.Desired("prod")));
        line.Veto("staging", "v1", Core.Promotion.Facts.VetoScope.Environment);
        Assert.NotEqual("v1+cfg.1", line.Desired("prod"));
    }

    [Fact]
    public void A_revision_never_replaces_a_newer_version()
    {
        var line = Line().Publish("v1").Roll("test", "v1").Publish("v2").Roll("test", "v2").Revise("v1");
        Assert.Equal("v2", line.Desired("test"));
    }

    [Fact]
    public void After_a_rollback_a_revision_of_what_came_back_may_enter()
    {
        var line = Line().Publish("v1").Roll("test", "v1").Publish("v2").Start("test", "v2").Fail("test", "v2", to: "v1").Revise("v1");
        Assert.Equal("v1+cfg.1", line.Desired("test"));
    }
}
