using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Environments;
using Xunit;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class EnvironmentSpecTests
{
    [Fact]
    public void Environments_are_sorted_by_what_they_depend_on()
    {
        var (spec, problems) = PromotionSpec.Create(
            "s", [new("prod") { After = ["b", "a"] }, new("b") { After = ["a"] }, new("a")]);
        Assert.Empty(problems);
        Assert.Equal(["a", "b", "prod"], spec!.Environments.Select(e => e.Name));
        Assert.Equal(["b", "a"], spec.Upstream("prod").Where(n => n != "a").Append("a"));
        Assert.True(spec.IsUpstream("a", "prod"));
        Assert.False(spec.IsUpstream("prod", "a"));
    }

    [Fact]
    public void All_problems_are_reported_at_once()
    {
        var gate = new EntryGate("g", GateKind.Latched);
        var (spec, problems) = PromotionSpec.Create(
            " ",
            [
                new("a") { After = ["b"] }, new("b") { After = ["a", "nowhere"] }, new("c"), new("c") { Targets = [] },
                new("d") { Targets = ["x", "x"], Watch = -TimeSpan.FromHours(1), Tolerate = -1, Needs = [gate], Verify = [gate] },
                new("e") { Needs = [gate with { AtDeadline = GateOutcome.Fail }, gate with { Id = "h", Deadline = TimeSpan.Zero }] },
                new("f") { Needs = [new("soak", GateKind.Timed) { Soak = new("nowhere", -TimeSpan.FromHours(1)) }] },
                new("h") { Needs = [new("propose", GateKind.Latched)], Ramp = -TimeSpan.FromHours(1) },
                new("g") { Verify = [new("alerts", GateKind.Live)], After = ["a", "a"] },
            ]);
        Assert.Null(spec);
        string[] expected =
        [
            "service: has no name", "environments.c: is declared twice", "environments.b.after: there is no environment nowhere",
            "environments.c.targets: is empty", "environments.d.targets: names x twice", "environments.d.watch: is below 0",
            "environments.d.tolerate: is below 0", "environments.d: has two gates with the name g",
            "environments.e.needs.g.deadline: is missing",
            "environments.e.needs.h.deadline: is to be above 0", "environments.f.needs.soak.in: there is no environment nowhere",
            "environments.f.needs.soak: is below 0", "environments.g.verify.alerts: is no verification",
            "environments.h.needs.propose: is the name of a question",
            "environments.h.ramp: is below 0", "environments.g.after: names a twice", "in a circle: a -> b -> a",
        ];
        foreach (var problem in expected)
            Assert.Single(problems, p => p.Contains(problem, StringComparison.Ordinal));
        Assert.Equal(expected.Length, problems.Length);
    }

    [Fact]
    public void An_environment_that_depends_on_itself_is_a_circle() =>
        Assert.Contains("a -> a", PromotionSpec.Create("s", [new("a") { After = ["a"] }]).Problems.Single(), StringComparison.Ordinal);

    [Fact]
    public void A_service_has_an_environment() =>
        Assert.Equal("environments: is empty; name at least one", PromotionSpec.Create("s", []).Problems.Single());
}
