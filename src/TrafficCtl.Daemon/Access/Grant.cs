using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Access;

/// <summary>A role in the services and environments that are named.</summary>
/// <param name="Role">What may be done.</param>
/// <param name="Service">The name of one service, or <see cref="Any"/>.</param>
/// <param name="Environment">The name of one environment, or <see cref="Any"/>.</param>
public sealed record Grant(Role Role, string Service = Grant.Any, string Environment = Grant.Any)
{
    public const string Any = "*";

    public bool Covers(TargetKey key) => Matches(Service, key.Service) && Matches(Environment, key.Environment);

    /// <summary>What a name of a service may have, where this is none and stands for no service; null where it is good.</summary>
    public static string? ServiceProblem(string name) =>
        name == Any || Names.Service.IsMatch(name) ? null : Names.Words(Names.Service);

    /// <summary>As <see cref="ServiceProblem"/>, of an environment.</summary>
    public static string? EnvironmentProblem(string name) =>
        name == Any || Names.Label.IsMatch(name) ? null : Names.Words(Names.Label);

    private static bool Matches(string granted, string name) => granted == Any || granted == name;
}
