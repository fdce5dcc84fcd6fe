using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using Xunit;
using static TrafficCtl.Core.Tests.Promotion.Delivery;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class EntryForecastsTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void A_bundle_arrives_after_the_ramp_and_the_watch_of_every_environment_before()
    {
        var line = Line(staging: s => s with { Ramp = Hour / 2 }).Publish("v1");
        Assert.Equal(line.Now + (2.5 * Hour), When(line, "prod", "v1").At);
        line.Start("test", "v1").Promote("test", "v1").Wait(Hour / 2);
        Assert.Equal(line.Now + (2 * Hour), When(line, "prod", "v1").At);
        line.Finish("test", "v1").Roll("staging", "v1");
        Assert.Equal(line.Now, When(line, "prod", "v1").At);
    }

    [Fact]
    public void What_somebody_answers_is_a_condition_and_what_the_calendar_says_a_time()
    {
        var monday = new EntryGate("window", GateKind.Live) { Gate = new OpensAt(new(2026, 1, 12, 9, 0, 0, TimeSpan.Zero)) };
        var soak = new EntryGate("soak", GateKind.Timed) { Soak = new("staging", 4 * Hour) };
        var line = Line(prod => prod with { Needs = [Approve, soak] }).Publish("v1");
        Assert.Equal((line.Now + (5 * Hour), "approve in prod"), (When(line, "prod", "v1").At, When(line, "prod", "v1").If.Single()));
        line = Line(prod => prod with { Needs = [monday, Approve] }).Publish("v1");
        var opening = When(line, "prod", "v1").At!.Value - new DateTimeOffset(2026, 1, 12, 9, 0, 0, TimeSpan.Zero);
        Assert.InRange(opening, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_bundle_that_waits_for_the_seat_arrives_when_that_is_free()
    {
        var line = new Delivery(Env("prod")).Publish("v1").Start("prod", "v1").Promote("prod", "v1").Wait(Hour / 4).Publish("v2");
        Assert.Equal(line.Now + (0.75 * Hour), When(line, "prod", "v2").At);
    }

    [Fact]
    public void Where_no_time_brings_it_there_the_reason_is_given()
    {
        var line = Line(prod => prod with { Needs = [new("window", GateKind.Live) { Gate = new OpensAt(DateTimeOffset.MaxValue) }] });
        line.Publish("v1");
        Assert.Contains("does not open", When(line, "prod", "v1").Never, StringComparison.Ordinal);
        line.Veto("staging", "v1");
        Assert.Contains("vetoed", When(line, "prod", "v1").Never, StringComparison.Ordinal);
        line.Publish("v2").Tell(s => new PromotionFact.LineStopped(s, new("test")));
        Assert.Contains("the line of test", When(line, "prod", "v2").Never, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_gate_it_would_have_entered_when_everything_else_was_open()
    {
        var line = Line(prod => prod with { Needs = [Approve, Smoke] }).Publish("v1").Roll("test", "v1").Wait(Hour).Roll("staging", "v1");
        Assert.Null(Without(line, "approve"));
        var open = line.Wait(Hour).Now;
        line.Answer("prod", "smoke", "v1").Wait(3 * Hour);
        Assert.Equal(open, Without(line, "approve"));
        Assert.Null(Without(line, "smoke"));
    }

    private static DateTimeOffset? Without(Delivery line, string gate) =>
        EntryForecasts.SinceWithout(line.Spec, line.State, line.Spec.Find("prod")!, line["v1"], gate, line.Now);

    private static EntryForecast When(Delivery line, string environment, string bundle) =>
        EntryForecasts.When(line.Spec, line.State, line.Spec.Find(environment)!, line[bundle], line.Now);

    private sealed record OpensAt(DateTimeOffset At) : Gate
    {
        public override string Name => "window";

        public override GateKind Kind => GateKind.Live;

        public override GateAnswer Answer(GateFacts facts) =>
            facts.Now >= At ? new GateAnswer.Open("open") : new GateAnswer.Closed("closed");
    }
}
