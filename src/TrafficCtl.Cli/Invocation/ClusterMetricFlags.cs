using System.CommandLine;
using System.CommandLine.Parsing;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Cli.Invocation;

/// <summary>Where Prometheus answers for each of several clusters: <c>NAME=VALUE</c>, and else as for all of them.</summary>
internal sealed class ClusterMetricFlags
{
    private readonly Option<string[]> address = Of(
        "--cluster-prometheus", "NAME=URL", "Where Prometheus answers for the cluster of that name");
    private readonly Option<string[]> selector = Of(
        "--cluster-prometheus-selector", "NAME=MATCHERS", "Label matchers of the cluster of that name, such as eu=cluster=\"eu-1\"");
    private readonly Option<string[]> token = Of(
        "--cluster-prometheus-token-file", "NAME=FILE", "A file with a bearer token for the Prometheus of that cluster");
    private readonly Option<string[]> authorities = Of(
        "--cluster-prometheus-ca", "NAME=FILE",
        "A file with the certificate authorities to trust for the Prometheus of that cluster, in PEM");

    public Option[] All => [address, selector, token, authorities];

    /// <param name="result">The result of the command.</param>
    /// <param name="clusters">The names of its clusters.</param>
    /// <param name="metrics">What holds for all clusters.</param>
    public void Check(CommandResult result, IReadOnlyCollection<string> clusters, MetricOptions metrics)
    {
        foreach (var option in All.Cast<Option<string[]>>())
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var value in result.GetValue(option) ?? [])
            {
                var name = value.Split('=', 2) is [var named, { Length: > 0 }] ? named : null;
                if (name is null) result.AddError($"{option.Name} is {option.HelpName}, not \"{value}\"");
                else if (!clusters.Contains(name))
                    result.AddError(
                        $"{option.Name}: no cluster is called \"{name}\": there are {string.Join(", ", clusters)}, by --kubernetes "
                            + "NAME=CONTEXT");
                else if (!seen.Add(name)) result.AddError($"{option.Name} is given twice for {name}");
            }
        }

        foreach (var name in clusters)
        {
            if (ValueOf(result.GetValue(address), name) is { } text && !MetricOptions.TryAddress(text, out _, out var wrong))
            {
                result.AddError($"--cluster-prometheus {name}: {wrong}");
                continue;
            }

            if ((AddressOf(result.GetValue(address), name) ?? result.GetValue(metrics.Prometheus)) is not { } where)
            {
                result.AddError(clusters.Count == 1
                    ? "--kubernetes needs --prometheus: what it says of the signals is what rollouts are judged by"
                    : $"--kubernetes {name} needs --prometheus, or --cluster-prometheus {name}=URL: what it says of the signals is what "
                        + "rollouts are judged by");
                continue;
            }

            var problem = DaemonOptions.PrometheusProblem(
                where, ValueOf(result.GetValue(token), name) ?? result.GetValue(metrics.TokenFile),
                ValueOf(result.GetValue(authorities), name) ?? result.GetValue(metrics.Authorities),
                ValueOf(result.GetValue(selector), name) ?? result.GetValue(metrics.Selector) ?? "");
            if (problem is not null && All.Any(o => ValueOf(result.GetValue((Option<string[]>)o), name) is not null))
                result.AddError($"the cluster {name}: {problem}");
        }
    }

    public ClusterPrometheus Of(ParseResult parse, string cluster) => new(
        AddressOf(parse.GetValue(address), cluster), ValueOf(parse.GetValue(token), cluster), ValueOf(parse.GetValue(authorities), cluster),
        ValueOf(parse.GetValue(selector), cluster));

    private static Uri? AddressOf(string[]? values, string cluster) =>
        ValueOf(values, cluster) is { } text && MetricOptions.TryAddress(text, out var address, out _) ? address : null;

    private static string? ValueOf(string[]? values, string cluster) =>
        values?.FirstOrDefault(v => v.StartsWith($"{cluster}=", StringComparison.Ordinal))?[(cluster.Length + 1)..];

    private static Option<string[]> Of(string name, string help, string description) =>
        new(name) { Description = $"{description}; may be repeated", HelpName = help };
}
