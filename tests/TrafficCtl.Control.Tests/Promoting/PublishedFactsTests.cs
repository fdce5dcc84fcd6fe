using System.Collections.Immutable;
using TrafficCtl.Control.Promoting.Observing;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using Xunit;

namespace TrafficCtl.Control.Tests.Promoting;

public sealed class PublishedFactsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_publication_becomes_a_bundle_with_all_that_is_known_of_it()
    {
        var published = PublishedFacts.Of(Specs.Three(), BundleLine.Empty, [Of("v1", 'a') with
        {
            Artifact = "/opt/v1",
            Commit = "abc",
            Change = "https://forge/changes/1",
            Compatibility = Compatibility.Expand,
        }
        ], Now);
        var bundle = Assert.IsType<PromotionFact.Published>(Assert.Single(published.Facts)).Bundle;
        Assert.Equal(("v1", "/opt/v1", "abc", "ann"), (bundle.Name, bundle.Artifact.Reference, bundle.Commit, bundle.Author));
        Assert.Equal((Compatibility.Expand, new Uri("https://forge/changes/1")), (bundle.Compatibility, bundle.Change));
    }

    [Fact]
    public void What_is_recorded_is_not_recorded_again()
    {
        var line = LineOf(Of("v1", 'a'));
        Assert.Empty(PublishedFacts.Of(Specs.Three(), line, [Of("v1", 'a')], Now).Facts);
    }

    [Fact]
    public void The_same_content_under_another_name_is_refused_with_a_sentence_and_the_next_version_is_taken()
    {
        var published = PublishedFacts.Of(Specs.Three(), LineOf(Of("v1", 'a')), [Of("v1", 'a'), Of("v2", 'a'), Of("v3", 'b')], Now);
        Assert.Equal(["checkout: v2 has the content of v1; pin that to go back to it"], published.Refused);
        Assert.Equal("v3", Assert.IsType<PromotionFact.Published>(Assert.Single(published.Facts)).Bundle.Name);
    }

    [Fact]
    public void Versions_that_a_file_lists_are_published_by_it_in_its_order_unless_somebody_did()
    {
        ImmutableArray<VersionSpec> versions = [new("v1", [new Uri("http://one.local")]), new("v2", [new Uri("http://two.local")])];
        var three = Specs.Three();
        var runs = new RuntimeSpec.Static(versions, new HealthSettings("/"));
        var spec = three with { Targets = [.. three.Targets.Select(t => new PipelineTarget(t.Template, runs))] };
        var published = PublishedFacts.Of(spec, BundleLine.Empty, [Of("v1", 'a')], Now);
        Assert.Equal(["v1", "v2"], published.Facts.Cast<PromotionFact.Published>().Select(f => f.Bundle.Name));
        Assert.Empty(published.Refused);
    }

    private static BundleLine LineOf(Publication publication) => PublishedFacts.Of(Specs.Three(), BundleLine.Empty, [publication], Now)
        .Facts.Cast<PromotionFact.Published>().Aggregate(BundleLine.Empty, static (line, fact) => line.Add(fact.Bundle));

    private static Publication Of(string version, char digit) =>
        new(PipelineWorld.Service, version, $"sha256:{new string(digit, 64)}", "ann", true, Now, "a test");
}
