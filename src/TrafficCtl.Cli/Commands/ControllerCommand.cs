using System.CommandLine;
using System.Net;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Hosting;

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
        var admin = AskOptions.BindOption();
        var tokens = AskOptions.TokensOption("none");
        var output = AskOptions.OutputOption();
        foreach (var option in (Option[])[admin, tokens, output]) command.Options.Add(option);
        var host = HostOptions.AddTo(command, surroundings, ClusterModuleOptions.DefaultProbes);
        command.SetAction((parse, stop) =>
        {
            var (text, from) = AskOptions.AdminOf(parse.GetValue(admin), surroundings);
            if (!AdminAddress.TryParseBind(text, out var address, out var problem)) throw new Failure("refused", from, problem);
            var chosen = metrics.Of(parse, new DaemonOptions
            {
                Clusters = [cluster.Of(parse)],
                Scrape = cluster.ScrapeOf(parse),
                Admin = address,
                Tokens = parse.GetValue(tokens),
                Probes = host.ProbesOf(parse) ?? IPEndPoint.Parse(ClusterModuleOptions.DefaultProbes),
                Log = host.LogOf(parse),
                IsJson = parse.GetValue(output) == "json",
                Clock = surroundings.Clock,
            });
            // It takes the signals itself: the leadership is given back before the process ends. The token is for a signal that comes
            // before.
            return DaemonHost.RunAsync(chosen, new ForgivingText(surroundings.Out), surroundings.Error, stop);
        });
    }
}
