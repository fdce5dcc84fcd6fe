using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Core.Gates;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Reading;

/// <summary>Gates as files write them: what they mean, and what is refused because it could never work.</summary>
public sealed class GateReadingTests
{
    [Fact]
    public void Times_are_written_in_needs_or_in_when()
    {
        var working = new TimeWindow(0b000_1111, 9 * 60, 16 * 60, "Europe/Berlin");
        var winter = new FrozenDates(new(2026, 12, 20), new(2027, 1, 2), "Europe/Berlin");
        Assert.Equal(
            (ImmutableArray<Gate>)[new WindowGate([working]), new FreezeGate([winter])],
            Good("when: { allow: \"mon-thu 09:00-16:00 Europe/Berlin\", freeze: [2026-12-20..2027-01-02] }"));
        Assert.Equal(
            (ImmutableArray<Gate>)[new WindowGate([working]), new FreezeGate([winter])],
            Good("""
                needs:
                  - window: ["mon-thu 09:00-16:00 Europe/Berlin"]
                  - freeze: ["2026-12-20..2027-01-02 Europe/Berlin"]
                """));
        var eve = new FrozenDates(new(2026, 12, 24), new(2026, 12, 24), "UTC");
        Assert.Equal([new FreezeGate([eve])], Good("when: { freeze: [2026-12-24] }"));
        Assert.Equal([new WindowGate([new TimeWindow(127, 22 * 60, 4 * 60, "UTC")])], Good("when: { allow: \"22:00-04:00 UTC\" }"));
    }

    [Fact]
    public void Every_gate_may_have_an_owner_a_reason_a_deadline_and_an_outcome()
    {
        var gate = Assert.Single(Good(
            "needs: [{ approve: { by: leads, count: 2, not: author, expires: 24h }, owner: \"#pay\", reason: four eyes, "
            + "deadline: 2h, then: fail }]"));
        Assert.Equal(
            new ApproveGate("leads", 2, true, TimeSpan.FromHours(24))
            {
                Terms = new GateTerms("#pay", "four eyes", TimeSpan.FromHours(2), GateOutcome.Fail),
            }, gate);
        Assert.Equal(TimeSpan.FromHours(2), gate.Deadline);
        Assert.Equal(TimeSpan.FromHours(24), Assert.Single(Good("needs: [{ approve: { by: admin, expires: 24h } }]")).Deadline);
    }

    [Theory]
    [InlineData("needs: [{ approve: { by: leads } }]", "needs[0].deadline", "approve may stay closed for ever", "add `deadline: 24h`")]
    [InlineData("needs: [{ window: [\"09:00-16:00 UTC\"], then: fail }]", "needs[0].then", "there is none", "add `deadline: 24h`")]
    [InlineData("needs: [{ approve: { by: operator, expires: 1h } }]", "needs[0].approve.by", "may not approve", "write approver")]
    [InlineData("when: { allow: \"09:00-16:00 Europe/Berln\" }", "when.allow", "no time zone \"Europe/Berln\"", "Europe/Berlin")]
    [InlineData("when: { allow: \"09:00-16:00 europe/berlin\" }", "when.allow", "no time zone", "Europe/Berlin")]
    [InlineData("when: { allow: \"09:00-16:00 CEST\" }", "when.allow", "no time zone", null)]
    [InlineData("when: { allow: \"09:00-16:00\" }", "when.allow", "names no time zone", "Europe/Berlin")]
    [InlineData("when: { allow: \"09:00-09:00 UTC\" }", "when.allow", "it would never open", "00:00-24:00")]
    [InlineData("when: { allow: \"09:00-25:00 UTC\" }", "when.allow", "is not a window", "mon-thu 09:00-16:00")]
    [InlineData("when: { allow: \"mon-fryday 09:00-16:00 UTC\" }", "when.allow", "is not a window", "mon-thu 09:00-16:00")]
    [InlineData("when: { freeze: [2027-01-02..2026-12-20] }", "when.freeze[0]", "ends before it begins", "2026-12-20..2027-01-02")]
    [InlineData("when: { freeze: [2026-02-30] }", "when.freeze[0]", "no date", "2026-12-20..2027-01-02")]
    [InlineData("when: { freeze: [\"2026-12-24 Mars/Base\"] }", "when.freeze[0]", "no time zone", "Europe/Berlin")]
    [InlineData(
        "needs: [{ window: [\"mon 09:00-10:00 UTC\"] }, { window: [\"tue 09:00-10:00 UTC\"] }]", "needs", "never open at once",
        "into one list")]
    [InlineData("needs: [{ soak: { in: staging, for: 4h } }]", "needs[0].soak", "no other environment is known here", "leave it out")]
    [InlineData(
        "needs: [{ approve: { by: admin, expires: 1h } }, { approve: { by: admin, expires: 2h } }]", "needs[1].approve", "on other terms",
        "remove one")]
    public void What_could_never_work_is_refused_with_what_to_write(string key, string path, string message, string? hint)
    {
        var problem = Assert.Single(Problems(key));
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        if (hint is not null) Assert.Contains(hint, problem.Hint, StringComparison.Ordinal);
    }

    private static ImmutableArray<Gate> Good(string keys) =>
        Read(keys) is Parsed<Deliveries>.Ok({ Services: var services })
            ? Assert.Single(services).Spec.Needs
            : throw new InvalidOperationException(string.Join("; ", Problems(keys)));

    private static ImmutableArray<Problem> Problems(string keys) =>
        Assert.IsType<Parsed<Deliveries>.Problems>(Read(keys)).All;

    private static Parsed<Deliveries> Read(string keys) => DeliveryFiles.ReadText(
        Encoding.UTF8.GetBytes($"""
            service: shop
            listen: http://127.0.0.1:0
            versions: {"{"} v1: ["http://127.0.0.1:5001"] {"}"}
            stable: v1
            {keys}

            """), "shop.yaml", "/");
}
