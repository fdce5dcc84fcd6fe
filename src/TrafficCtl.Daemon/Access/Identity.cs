using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Access;

/// <summary>Who asks.</summary>
/// <param name="Name">As facts and logs name it; null where the asker is taken at its word.</param>
/// <param name="How">
/// How it was verified: <c>token</c>, <c>socket</c>, <c>certificate</c>, <c>oidc</c>, <c>kubernetes</c>; <c>unverified</c>.
/// </param>
/// <param name="Grants">What it may do.</param>
internal sealed record Identity(string? Name, string How, ImmutableArray<Grant> Grants)
{
    /// <summary>Anybody on this machine, where no identity is set up: may do everything, and its name is what it says.</summary>
    public static readonly Identity OfNobody = new(null, "unverified", [new Grant(Role.Admin)]);

    /// <summary>The groups that it belongs to, whatever its role.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>Its roles for a target beside its grants, where somebody else says so.</summary>
    public Func<TargetKey, ImmutableArray<Role>> Also { get; init; } = static _ => [];

    /// <summary>The names under which the file of grants may have more for it.</summary>
    public ImmutableArray<GrantSubject> Subjects { get; init; } = [];

    /// <summary>What it is for a target, as an approval names it: its roles there and its groups, with a space between.</summary>
    public string As(TargetKey key) => string.Join(
        ' ',
        Grants.Where(g => g.Covers(key)).Select(static g => g.Role).Concat(Also(key)).Select(static r => r.ToString().ToLowerInvariant())
            .Concat(Groups).Distinct());

    /// <summary>Asked during a long call: what it was verified by is still in force.</summary>
    public Func<bool> IsStillGood { get; init; } = static () => true;

    public bool May(Act act, TargetKey key)
    {
        foreach (var grant in Grants)
            if (RoleTable.Allows(grant.Role, act) && grant.Covers(key)) return true;
        return Also(key).Any(role => RoleTable.Allows(role, act));
    }

    /// <summary>It may read every target, by its grants.</summary>
    public bool SeesAll => Grants.Any(static grant =>
        grant is { Service: Grant.Any, Environment: Grant.Any } && RoleTable.Allows(grant.Role, Act.Read));

    /// <summary>Who is written down.</summary>
    /// <param name="said">What the request says of its sender; may be empty.</param>
    public string Who(string said) => Name is { } name ? OfPerson(name) : $"{OfPerson(said.Length > 0 ? said : "unknown")} (unverified)";

    /// <summary>
    /// What pipelines do themselves is written down as theirs, and read again as such: a person of that name stands in quotes.
    /// </summary>
    private static string OfPerson(string name) => name == FactStamp.Engine ? $"\"{name}\"" : name;
}
