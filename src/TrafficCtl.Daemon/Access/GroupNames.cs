using System.Collections.Immutable;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Access;

/// <summary>Groups of others that approvals may name.</summary>
internal static class GroupNames
{
    private static readonly ImmutableArray<string> Roles = [.. Enum.GetNames<Role>().Select(static role => role.ToLowerInvariant())];

    /// <summary>Those that are written as groups are here: the rest could be taken for a role, or for several groups.</summary>
    public static ImmutableArray<string> Of(IEnumerable<string> groups) =>
        [.. groups.Where(static group => Scalars.Is(Names.Label, group) && !Roles.Contains(group)).Distinct(StringComparer.Ordinal)];
}
