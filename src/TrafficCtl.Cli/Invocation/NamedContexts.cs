using System.Collections.Immutable;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Cli.Invocation;

/// <summary>
/// The clusters that a command line names: <c>[NAME=]CONTEXT</c>, each the name of its targets and a context of the kubeconfig.
/// </summary>
internal static class NamedContexts
{
    /// <param name="values">
    /// None for the one cluster of the current context; its target has no name, and neither has that of the only one.
    /// </param>
    /// <returns>At least one; or what is wrong.</returns>
    public static (ImmutableArray<(string Name, string? Context)> Clusters, string? Problem) Read(IReadOnlyList<string> values)
    {
        if (values.Count == 0) return ([(ClusterModuleOptions.DefaultName, null)], null);
        var clusters = ImmutableArray.CreateBuilder<(string, string?)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            var (name, context) = Split(value);
            name ??= values.Count == 1 ? ClusterModuleOptions.DefaultName : context;
            if (!ClusterModuleOptions.IsObjectName(name))
                return ([], $"--kubernetes {value}: a target cannot be called {name}: write --kubernetes NAME={context}, NAME of "
                    + "lower-case letters, digits and -");
            if (!names.Add(name))
                return ([], $"--kubernetes names {name} twice: give each cluster a name of its own, --kubernetes NAME=CONTEXT");
            clusters.Add((name, context));
        }

        return (clusters.DrainToImmutable(), null);
    }

    /// <summary>Contexts may have any character: what stands before the first <c>=</c> is a name where it may be one.</summary>
    private static (string? Name, string Context) Split(string value)
    {
        var equals = value.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && ClusterModuleOptions.IsObjectName(value[..equals]) ? (value[..equals], value[(equals + 1)..]) : (null, value);
    }
}
