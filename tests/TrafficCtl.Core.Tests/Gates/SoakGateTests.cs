using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using Xunit;

namespace TrafficCtl.Core.Tests.Gates;

public sealed class SoakGateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SoakGate Gate = new("staging", TimeSpan.FromHours(4), 5000);

    [Fact]
    public void Opens_when_one_stay_was_long_enough_and_had_enough_requests()
    {
        var open = Ask(Stay(-4, null, 5000));
        Assert.Equal(new GateAnswer.Open("v2 ran in staging for 4 h without a break, with 5,000 requests"), open);
        Assert.IsType<GateAnswer.Open>(Ask(Stay(-9, -5, 6000), Stay(-1, null, 10)));
    }

    [Fact]
    public void Adds_no_stays_up()
    {
        Assert.Equal(
            new GateAnswer.Closed(
                "v2 ran in staging for 3 h without a break, with 4,000 requests (that ended at 2026-01-01 09:00:00Z); it needs 4 h with "
                + "5,000 requests"),
            Ask(Stay(-6, -3, 4000), Stay(-2, null, 4000)));
        Assert.IsType<GateAnswer.Closed>(Ask(Stay(-5, null, 100), Stay(-7, -6, 9000)));
    }

    [Fact]
    public void Says_what_is_left_while_the_stay_lasts() => Assert.Equal(
        new GateAnswer.Closed(
            "v2 ran in staging for 3 h without a break, with 9,000 requests; it needs 4 h with 5,000 requests; 1 h left"),
        Ask(Stay(-3, null, 9000)));

    [Fact]
    public void Other_versions_and_environments_and_the_future_say_nothing()
    {
        Assert.Equal(
            new GateAnswer.Closed("v2 has not run in staging yet; it needs 4 h with 5,000 requests"),
            Ask(Stay(-9, null, 9000) with { Version = "v1" }, Stay(-9, null, 9000) with { Environment = "test" }));
        Assert.IsType<GateAnswer.Closed>(Ask(Stay(9, null, 9000)));
    }

    [Fact]
    public void Is_left_to_a_source_where_nobody_knows_the_stays() => Assert.Null(Gate.Answer(new GateFacts(Noon) { Version = "v2" }));

    private static GateAnswer? Ask(params ImmutableArray<Occupancy> stays) =>
        Gate.Answer(new GateFacts(Noon) { Version = "v2", Occupancies = stays });

    private static Occupancy Stay(int from, int? to, long requests) =>
        new("staging", "v2", Noon.AddHours(from), to is { } end ? Noon.AddHours(end) : null, requests);
}
