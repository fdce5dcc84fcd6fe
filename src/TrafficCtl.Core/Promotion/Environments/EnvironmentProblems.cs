using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion.Environments;

/// <summary>Everything that is wrong with the environments of a service, all at once.</summary>
internal static class EnvironmentProblems
{
    public static ImmutableArray<string> Of(string service, ImmutableArray<EnvironmentSpec> declared)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        if (string.IsNullOrWhiteSpace(service)) problems.Add("service: has no name");
        if (declared.IsEmpty) problems.Add("environments: is empty; name at least one");
        foreach (var name in Repeated(declared.Select(e => e.Name))) problems.Add($"environments.{name}: is declared twice");
        foreach (var environment in declared) Check(environment, declared, problems);
        if (EnvironmentGraph.Circle(declared) is { IsEmpty: false } circle)
            problems.Add($"environments: depend on each other in a circle: {string.Join(" -> ", circle)}");
        return problems.ToImmutable();
    }

    private static void Check(EnvironmentSpec spec, ImmutableArray<EnvironmentSpec> all, ImmutableArray<string>.Builder problems)
    {
        var path = $"environments.{spec.Name}";
        if (string.IsNullOrWhiteSpace(spec.Name)) problems.Add("environments: one has no name");
        foreach (var name in spec.After.Where(name => all.All(e => e.Name != name)))
            problems.Add($"{path}.after: there is no environment {name}; there are {string.Join(", ", all.Select(e => e.Name))}");
        foreach (var name in Repeated(spec.After)) problems.Add($"{path}.after: names {name} twice");
        if (spec.Targets.IsEmpty) problems.Add($"{path}.targets: is empty; name at least one");
        foreach (var name in Repeated(spec.Targets)) problems.Add($"{path}.targets: names {name} twice");
        if (spec.Watch < TimeSpan.Zero) problems.Add($"{path}.watch: is below 0");
        if (spec.Ramp < TimeSpan.Zero) problems.Add($"{path}.ramp: is below 0");
        if (spec.Tolerate is < 0) problems.Add($"{path}.tolerate: is below 0");
        foreach (var name in Repeated(spec.Needs.Concat(spec.Verify).Select(g => g.Id)))
            problems.Add($"{path}: has two gates with the name {name}; give one another name");
        foreach (var gate in spec.Needs) CheckGate($"{path}.needs.{gate.Id}", gate, all, problems);
        foreach (var gate in spec.Verify)
        {
            CheckGate($"{path}.verify.{gate.Id}", gate, all, problems);
            if (gate.Kind != GateKind.Latched) problems.Add($"{path}.verify.{gate.Id}: is no verification; move it to needs");
        }
    }

    private static void CheckGate(
        string path, EntryGate gate, ImmutableArray<EnvironmentSpec> all, ImmutableArray<string>.Builder problems)
    {
        if (string.IsNullOrWhiteSpace(gate.Id)) problems.Add($"{path}: has no name");
        if (gate.Id == ReservedGates.Proposal) problems.Add($"{path}: is the name of a question that environments ask; choose another");
        if (gate.Deadline is { } deadline && deadline <= TimeSpan.Zero) problems.Add($"{path}.deadline: is to be above 0");
        if (gate.Deadline is null && gate.AtDeadline != GateOutcome.Pause)
            problems.Add($"{path}.deadline: is missing, and an outcome is declared for it");
        if (gate.Freshness <= TimeSpan.Zero) problems.Add($"{path}.freshness: is to be above 0");
        if (gate.Soak is not { } soak) return;
        if (all.All(e => e.Name != soak.In)) problems.Add($"{path}.in: there is no environment {soak.In}");
        if (soak.For < TimeSpan.Zero || soak.Requests < 0) problems.Add($"{path}: is below 0");
    }

    private static IEnumerable<string> Repeated(IEnumerable<string> names) =>
        names.GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key);
}
