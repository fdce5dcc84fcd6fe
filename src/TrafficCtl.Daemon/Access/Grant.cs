using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Access;

/// <summary>A role in the services and environments that are named.</summary>
/// <param name="Role">What may be done.</param>
/// <param name="Service">The name of one service, or <see cref="Any"/>.</param>
/// <param name="Environment">The name of one environment, or <see cref="Any"/>.</param>
public sealed record Grant(Role Role, string Service = Grant.Any, string Environment = Grant.Any)
{
    public const string Any = "*";

    public bool Covers(TargetKey key) => Matches(Service, key.Service) && Matches(Environment, key.Environment);

    private static bool Matches(string granted, string name) => granted == Any || granted == name;
}
