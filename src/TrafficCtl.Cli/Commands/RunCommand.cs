using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Offline.Judging;

namespace TrafficCtl.Cli.Commands;

internal static class RunCommand
{
    public static readonly CommandEntry Entry = new("run", "Starts the daemon: proxy, control loop and admin API in one process", Build)
    {
        OutlivesReader = true,
    };

    private static void Build(Command command, Surroundings surroundings)
    {
        var files = new Option<string[]>("--file", "-f")
        {
            Description = "A delivery file, or a directory of them; may be repeated",
            Required = true,
            HelpName = "FILE",
        };
        var data = new Option<string>("--data-dir")
        {
            Description = "Where decisions, evidence and keys are kept",
            DefaultValueFactory = static _ => DaemonOptions.DefaultDataDirectory,
            HelpName = "DIR",
        };
        var scheduling = new Option<string>("--scheduling")
        {
            Description = "plain, or inline: completions on the socket threads",
            DefaultValueFactory = static _ => "plain",
            HelpName = "plain|inline",
        };
        scheduling.AcceptOnlyFromAmong("plain", "inline");
        var keep = new Option<TimeSpan?>("--keep-windows")
        {
            Description = $"How long the windows of ended rollouts are kept for \"replay\"; 0 records none [default: "
                + $"{DaemonOptions.DefaultKeepText}]",
            HelpName = "30d",
            CustomParser = static result =>
            {
                if (DaemonOptions.TryParseKeep(result.Tokens[0].Value, out var time)) return time;
                result.AddError($"--keep-windows is a duration such as 30d or 12h, at most 3650d, or 0, not \"{result.Tokens[0].Value}\"");
                return default;
            },
        };
        var cookieKeys = new Option<string?>("--cookie-keys")
        {
            Description = "A file of keys that sign the bucket cookies, one a line, shared by all replicas of the proxy"
                + " [default: own keys in the data directory]",
            HelpName = "FILE",
        };
        command.Options.Add(files);
        command.Options.Add(data);
        command.Options.Add(cookieKeys);
        var access = AccessOptions.AddTo(command, $"{TokenListFile.Name} in the data directory");
        command.Options.Add(scheduling);
        var output = AskOptions.OutputOption();
        command.Options.Add(keep);
        var metrics = MetricOptions.AddTo(
            command, "Where Prometheus answers, for metrics of your own (analysis.NAME.prometheus) [default: none is asked]",
            "Label matchers that {selector} in those queries stands for, such as cluster=\"eu-1\",tenant=\"shop\"", isRequired: false);
        var (allowExec, allowAddresses) = (ExecOptions.Exec(), ExecOptions.Addresses());
        command.Options.Add(allowExec);
        command.Options.Add(allowAddresses);
        var (cluster, clusters) = ClusterFlags.AddTo(command, metrics);
        command.Options.Add(output);
        var host = HostOptions.AddTo(command, surroundings, "nowhere");
        command.SetAction((parse, stop) =>
        {
            var options = access.Of(parse, surroundings, cluster.CallersOf(parse, metrics.Of(parse, new DaemonOptions
            {
                Files = [.. parse.GetRequiredValue(files)],
                DataDirectory = parse.GetRequiredValue(data),
                AdminSocket = AdminSocket.PathIn(parse.GetRequiredValue(data)),
                InlineScheduling = parse.GetValue(scheduling) == "inline",
                CookieKeys = parse.GetValue(cookieKeys),
                KeepWindows = parse.GetValue(keep) ?? DaemonOptions.DefaultKeepWindows,
                AllowExec = [.. parse.GetValue(allowExec) ?? []],
                AllowAddresses = [.. parse.GetValue(allowAddresses) ?? []],
                Clusters = clusters(parse),
                Scrape = cluster.ScrapeOf(parse),
                Probes = host.ProbesOf(parse),
                Log = host.LogOf(parse),
                IsJson = parse.GetValue(output) == "json",
                Clock = surroundings.Clock,
                WindowJudge = new WindowJudge(),
            })));
            // It takes the signals itself: the first one drains, the second one cuts what is left.
            // The token is for a signal that comes before.
            return DaemonHost.RunAsync(options, new ForgivingText(surroundings.Out), surroundings.Error, stop);
        });
    }
}
