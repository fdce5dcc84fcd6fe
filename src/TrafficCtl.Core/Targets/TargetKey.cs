namespace TrafficCtl.Core.Targets;

/// <summary>One runtime location of a service in an environment: the unit of control.</summary>
/// <remarks>
/// Everything that observes, decides, saves or acts is keyed by it. There is at most one active rollout for each key, and it is what
/// the work queue holds.
/// </remarks>
/// <param name="Service">The service's name.</param>
/// <param name="Environment">The environment's name.</param>
/// <param name="Target">The target's name; <see cref="DefaultTarget"/> where the environment has one.</param>
public readonly record struct TargetKey(string Service, string Environment, string Target = TargetKey.DefaultTarget)
    : IComparable<TargetKey>
{
    /// <summary>The name of the only target of an environment; it is left out of ids and texts.</summary>
    public const string DefaultTarget = "default";

    /// <summary>The environment of a file that names none.</summary>
    public const string DefaultEnvironment = "default";

    public bool IsOfDefaultTarget => Target == DefaultTarget;

    /// <summary>For texts: the service alone where it is in the default environment, else as <see cref="ToString"/>.</summary>
    public string Name => IsOfDefaultTarget && Environment == DefaultEnvironment ? Service : ToString();

    public int CompareTo(TargetKey other)
    {
        var order = string.CompareOrdinal(Service, other.Service);
        if (order == 0) order = string.CompareOrdinal(Environment, other.Environment);
        return order != 0 ? order : string.CompareOrdinal(Target, other.Target);
    }

    /// <summary><c>checkout@prod</c>, and <c>checkout@prod/eu</c> for a named target.</summary>
    public override string ToString() => IsOfDefaultTarget ? $"{Service}@{Environment}" : $"{Service}@{Environment}/{Target}";

    public static bool operator <(TargetKey left, TargetKey right) => left.CompareTo(right) < 0;
    public static bool operator >(TargetKey left, TargetKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(TargetKey left, TargetKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(TargetKey left, TargetKey right) => left.CompareTo(right) >= 0;
}
