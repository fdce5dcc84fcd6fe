using System.Text.Json;
using FsCheck.Fluent;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Persistence;

public sealed class PromotionFactJsonTests
{
    private static readonly FactStamp Stamp = new(7, new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero), "ann", "because 5 % > 0.1 %");

    private static readonly Bundle Bundle = Pairing.Pair("v24", new("shop:v24", "sha256:aa", "c0ffee")).Bundle!;

    public static TheoryData<Type> EveryFact() => [.. AnyPromotionFact.Types];

    [Theory]
    [MemberData(nameof(EveryFact))]
    public void Every_fact_has_a_name_to_be_kept_under_and_comes_back(Type type)
    {
        var fact = AnyPromotionFact.Of(type, new Random(1));
        Assert.Equal(fact.Name, PromotionFactJson.NameOf(fact));
        Assert.Equal(fact, PromotionFactJson.Read(fact.Name, fact.Stamp, PromotionFactJson.Write(fact)));
    }

    [Fact]
    public void Any_fact_comes_back_with_every_field_as_it_was() => Prop.ForAll(Arb.From(AnyPromotionFact.Gen), static fact =>
    {
        var back = PromotionFactJson.Read(PromotionFactJson.NameOf(fact), fact.Stamp, PromotionFactJson.Write(fact));
        Assert.Equal(fact, back);
        if (fact is PromotionFact.Published published) Assert.Equal(published.Bundle.Hash, ((PromotionFact.Published)back).Bundle.Hash);
    }).Holds(3000);

    [Fact]
    public void A_fact_is_written_as_people_would_read_it()
    {
        Assert.Equal(
            """{"bundle":"ab12","to":"v23 → \"x\"","cause":"Verdict","environment":"prod","target":"eu"}""",
            PromotionFactJson.Write(
                new PromotionFact.RolloutRolledBack(Stamp, "prod", "eu", "ab12", "v23 → \"x\"", RollbackCause.Verdict)));
        Assert.Equal("""{"scope":{"isOrganisation":true},"isAutomatic":false}""", PromotionFactJson.Write(
            new PromotionFact.LineStopped(Stamp, LineScope.Organisation)));
        var revision = Pairing.Revise(Bundle, new("cfg", "sha256:bb")).Bundle!;
        var revised = revision with { Author = "ann", Change = new("https://git.example/1") };
        Assert.Equal(
            """{"bundle":{"version":"v24","revision":1,"artifact":{"reference":"shop:v24","digest":"sha256:aa","commit":"c0ffee"},"configuration":{"reference":"cfg","digest":"sha256:bb"},"hash":"HASH","author":"ann","change":"https://git.example/1","compatibility":"Reversible","publishedAt":"0001-01-01T00:00:00+00:00"}}"""
                .Replace("HASH", revised.Hash, StringComparison.Ordinal),
            PromotionFactJson.Write(new PromotionFact.Published(Stamp, revised)));
    }

    [Fact]
    public void Unknown_members_are_skipped_and_missing_ones_refused()
    {
        var fact = new PromotionFact.RolloutStepped(Stamp, "prod", "eu", "ab12", 2);
        var json = PromotionFactJson.Write(fact);
        Assert.Equal(fact, PromotionFactJson.Read("RolloutStepped", Stamp, json.Insert(1, "\"later\":[1,{}],")));
        Refused("RolloutStepped", json.Replace(",\"step\":2", "", StringComparison.Ordinal));
        Refused("RolloutStepped", json.Replace("\"eu\"", "null", StringComparison.Ordinal));
        Refused("RolloutStepped", "null");
        Refused("RolloutStepped", json[..^3]);
        Assert.Contains("no fact is named Levitated", Refused("Levitated", json), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bundle_whose_parts_do_not_give_its_hash_is_refused()
    {
        var json = PromotionFactJson.Write(new PromotionFact.Published(Stamp, Bundle));
        var refusal = Refused("Published", json.Replace("sha256:aa", "sha256:ab", StringComparison.Ordinal));
        Assert.Contains($"the parts of v24 give the hash", refusal, StringComparison.Ordinal);
        Assert.Contains($"{Bundle.Hash} was published", refusal, StringComparison.Ordinal);
        Refused("Published", json.Replace("\"revision\":0", "\"revision\":-1", StringComparison.Ordinal));
        Refused("Published", json.Replace("\"v24\"", "\"\"", StringComparison.Ordinal));
    }

    private static string Refused(string name, string json) =>
        Assert.ThrowsAny<JsonException>(() => PromotionFactJson.Read(name, Stamp, json)).Message;
}
