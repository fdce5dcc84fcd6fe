using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using Xunit;
using static TrafficCtl.Core.Tests.Promotion.Delivery;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class OrdersTests
{
    [Fact]
    public void What_is_unknown_is_refused_with_what_there_is()
    {
        var line = Line().Publish("v1");
        Refused(line, "it has test, staging, prod", s => new PromotionFact.Unpinned(s, "qa"));
        Refused(line, "publish it first", s => new PromotionFact.Pinned(s, "prod", "none"));
        Refused(line, "it has default", s => new PromotionFact.LineStopped(s, new("prod", "eu")));
        Refused(line, "needs its environment", s => new PromotionFact.LineStopped(s, new(Target: "eu")));
        Refused(line, "nobody's to order", s => new PromotionFact.EnvironmentGood(s, "prod", line.Hash("v1")));
    }

    [Fact]
    public void A_veto_a_stop_and_break_glass_need_a_reason()
    {
        var line = Line().Publish("v1");
        Refused(line, "--reason", s => new PromotionFact.Vetoed(s with { Why = " " }, "prod", line.Hash("v1")));
        Refused(line, "--reason", s => new PromotionFact.LineStopped(s with { Why = "" }, LineScope.Service));
        Refused(line, "--reason", s => new PromotionFact.BreakGlassBegun(s with { Why = "" }, "prod"));
    }

    [Fact]
    public void What_is_not_in_force_cannot_be_lifted()
    {
        var line = Line().Publish("v1");
        Refused(line, "nothing is pinned", s => new PromotionFact.Unpinned(s, "prod"));
        Refused(line, "nothing is held", s => new PromotionFact.Released(s, "prod"));
        Refused(line, "nobody broke", s => new PromotionFact.BreakGlassLifted(s, "prod"));
        Refused(line, "is not vetoed", s => new PromotionFact.Unvetoed(s, "prod", line.Hash("v1")));
        Refused(line, "nothing to revoke", s => new PromotionFact.EvidenceRevoked(s, "test", line.Hash("v1")));
        line.Tell(s => new PromotionFact.LineStopped(s, new("prod")));
        Refused(line, "stopped are prod", s => new PromotionFact.LineReleased(s, LineScope.Service));
        Allowed(line, s => new PromotionFact.LineReleased(s, new("prod")));
    }

    [Fact]
    public void A_pin_of_what_is_vetoed_or_cannot_read_the_data_needs_break_glass()
    {
        var line = new Delivery(Env("prod")).Publish("v1").Roll("prod", "v1").Publish("v2", Compatibility.ForwardOnly).Roll("prod", "v2");
        Refused(line, "forward-only", s => new PromotionFact.Pinned(s, "prod", line.Hash("v1")));
        line.Veto("prod", "v2");
        Refused(line, "vetoed in prod by ann", s => new PromotionFact.Pinned(s, "prod", line.Hash("v2")));
        line.Tell(s => new PromotionFact.BreakGlassBegun(s, "prod"));
        Allowed(line, s => new PromotionFact.Pinned(s, "prod", line.Hash("v1")));
    }

    [Fact]
    public void A_veto_of_what_is_pinned_and_a_veto_that_is_over_are_refused()
    {
        var line = Line().Publish("v1");
        line.Tell(s => new PromotionFact.Pinned(s, "prod", line.Hash("v1")));
        Refused(line, "unpin it first", s => new PromotionFact.Vetoed(s, "prod", line.Hash("v1")));
        Allowed(line, s => new PromotionFact.Vetoed(s, "staging", line.Hash("v1"), VetoScope.Environment));
        Refused(line, "is past", s => new PromotionFact.Vetoed(s, "staging", line.Hash("v1"), Until: line.Now));
    }

    [Fact]
    public void A_veto_of_another_environment_is_lifted_there()
    {
        var line = Line().Publish("v1").Veto("staging", "v1");
        Refused(line, "unveto it there", s => new PromotionFact.Unvetoed(s, "prod", line.Hash("v1")));
        Allowed(line, s => new PromotionFact.Unvetoed(s, "staging", line.Hash("v1")));
    }

    [Fact]
    public void A_hold_is_at_what_is_there_and_an_order_is_of_what_is_newer()
    {
        var line = new Delivery(Env("prod")).Publish("v1").Roll("prod", "v1").Publish("v2").Publish("v3").Roll("prod", "v3");
        Refused(line, "was not Good there", s => new PromotionFact.Held(s, "prod", line.Hash("v2")));
        Allowed(line, s => new PromotionFact.Held(s, "prod", line.Hash("v1")));
        Refused(line, "pin it to go back", s => new PromotionFact.PromotionOrdered(s, "prod", line.Hash("v2")));
        Refused(line, "runs already", s => new PromotionFact.PromotionOrdered(s, "prod", line.Hash("v3")));
        line.Publish("v4");
        Allowed(line, s => new PromotionFact.PromotionOrdered(s, "prod", line.Hash("v4")));
    }

    private static void Refused(Delivery line, string why, Func<FactStamp, PromotionFact> order) =>
        Assert.Contains(why, Refusal(line, order), StringComparison.Ordinal);

    private static void Allowed(Delivery line, Func<FactStamp, PromotionFact> order) => Assert.Null(Refusal(line, order));

    private static string? Refusal(Delivery line, Func<FactStamp, PromotionFact> order) =>
        Orders.Refusal(line.Spec, line.State, order(new(0, line.Now, "ann", "because")), line.Now);
}
