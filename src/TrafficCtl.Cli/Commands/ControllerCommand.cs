using System.CommandLine;
using System.Net;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Offline.Judging;

namespace TrafficCtl.Cli.Commands;

internal static class ControllerCommand
{
    public static readonly CommandEntry Entry = new(
        "controller", "Starts the controller of a Kubernetes cluster: annotated Services, the mesh that is there, Prometheus", Build)
    {
        OutlivesReader = true,
    };

    private static void Build(Command command, Surroundings surroundings)
    {
        var metrics = MetricOptions.AddTo(
            command, "Where Prometheus answers; its word on the signals is what rollouts are judged by",
            "Label matchers for every built-in query, where one Prometheus has several clusters, such as cluster=\"eu-1\",tenant=\"shop\"",
            isRequired: true);
        var cluster = ClusterFlags.AddTo(command);
        var access = AccessOptions.AddTo(command, "none");
        var output = AskOptions.OutputOption();
        command.Options.Add(output);
        var host = HostOptions.AddTo(command, surroundings, ClusterModuleOptions.DefaultProbes);
        command.SetAction((parse, stop) =>
        {
            var chosen = access.Of(parse, surroundings, cluster.CallersOf(parse, metrics.Of(parse, new DaemonOptions
            {
                Clusters = [cluster.Of(parse)],
                Scrape = cluster.ScrapeOf(parse),
                Probes = host.ProbesOf(parse) ?? IPEndPoint.Parse(ClusterModuleOptions.DefaultProbes),
                Log = host.LogOf(parse),
                IsJson = parse.GetValue(output) == "json",
                Clock = surroundings.Clock,
                WindowJudge = new WindowJudge(),
            })));
            // It takes the signals itself: the leadership is given back before the process ends. The token is for a signal that comes
            // before.
            return DaemonHost.RunAsync(chosen, new ForgivingText(surroundings.Out), surroundings.Error, stop);
        });
    }
}
