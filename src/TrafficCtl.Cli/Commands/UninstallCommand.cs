using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Modules.Cluster;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class UninstallCommand
{
    public static readonly CommandEntry Entry = new(
        "uninstall", "Releases the controller's ownership of a cluster's routes before it is removed", Build);

    private const string Explanation = """
        Nothing was done. A controller that is removed leaves every route as it is: a rollout that is under way stays split for ever.

        trafficctl uninstall --restore sends, service by service, all traffic to the last good version: where the route still says what the
        controller wrote last its weights are set to stable 100, candidate 0, and an object that is the controller's own is deleted where that
        moves no traffic. A route that somebody else has changed since is left as it is, and told. With --dry-run it is only told.

        It takes the leadership from a running controller and keeps it for two minutes: remove the controller within them, for it writes back
        afterwards. What stays: stable copies that managed mode made (they serve), Deliveries with their status, Rollouts, and the definitions
        of both. Remove them with kubectl when you do not want them back:
          kubectl delete rollouts.trafficctl.io,deliveries.trafficctl.io --all --all-namespaces
          kubectl delete crd rollouts.trafficctl.io deliveries.trafficctl.io
        """;

    private static void Build(Command command, Surroundings surroundings)
    {
        var restore = new Option<bool>("--restore") { Description = "Do it; without it only says what it would leave" };
        var dry = new Option<bool>("--dry-run")
        {
            Description = "With --restore: says what would become of each service, and writes nothing",
        };
        var timeout = TimeoutOption();
        var namespaces = new Option<string[]>("--watch-namespace", "--namespace")
        {
            Description = "Only services of this namespace, as the controller has it; may be repeated (default: all)",
            HelpName = "NAMESPACE",
        };
        var kubeconfig = new Option<string?>("--kubeconfig")
        {
            Description = "A kubeconfig (default: the pod's own account, else $KUBECONFIG, else ~/.kube/config)",
            HelpName = "FILE",
        };
        var context =
            new Option<string?>("--context") { Description = "A context of the kubeconfig (default: its current one)", HelpName = "NAME" };
        var lease = new Option<string>("--lease")
        {
            Description = "The controller's Lease",
            DefaultValueFactory = static _ => ClusterModuleOptions.DefaultLease,
            HelpName = "NAME",
        };
        var leaseNamespace = new Option<string?>("--lease-namespace")
        {
            Description = "Where the controller, its Lease and its ledger are (default: the pod's namespace, else the context's)",
            HelpName = "NAMESPACE",
        };
        var consul = MetricOptions.Address("--consul", "Where Consul answers, for services that it splits");
        var consulToken = new Option<string?>("--consul-token-file")
        {
            Description = "A file with the ACL token of Consul, read at each call",
            HelpName = "FILE",
        };
        var output = AskOptions.OutputOption();
        foreach (var name in (Option[])[namespaces, lease, leaseNamespace]) name.Validators.Add(ClusterFlags.RefuseNoNames);
        foreach (var option in (Option[])[
            restore, dry, timeout, namespaces, kubeconfig, context, lease, leaseNamespace, consul, consulToken, output
        ])
            command.Options.Add(option);
        command.SetAction(async (parse, stop) =>
        {
            if (!parse.GetValue(restore))
            {
                var nothing = new UninstallResponse { DryRun = true, Explanation = Explanation };
                if (parse.GetValue(output) == "json") surroundings.Out.WriteJson(nothing);
                else surroundings.Out.Lines(Explanation);
                return ExitCodes.Done;
            }

            var request = new UninstallRequest
            {
                Kubeconfig = parse.GetValue(kubeconfig),
                Context = parse.GetValue(context),
                Namespaces = [.. parse.GetValue(namespaces) ?? []],
                Lease = parse.GetRequiredValue(lease),
                LeaseNamespace = parse.GetValue(leaseNamespace),
                Consul = parse.GetValue(consul),
                ConsulTokenFile = parse.GetValue(consulToken),
                Timeout = parse.GetValue(timeout),
                IsDryRun = parse.GetValue(dry),
                Clock = surroundings.Clock,
            };
            try
            {
                var report = await request.RunAsync(surroundings.Error.WriteLine, stop);
                if (parse.GetValue(output) == "json") surroundings.Out.WriteJson(MessageOf(report, request.IsDryRun));
                else Write(report, request.IsDryRun, surroundings.Out);
                if (report.Problem is { } problem) surroundings.Error.WriteLine($"{Product.Name}: {problem}");
                return report.IsFailed ? ExitCodes.Failed : ExitCodes.Done;
            }
            catch (DaemonRefusedException refused)
            {
                throw new Failure("refused", "uninstall", string.Join("; ", refused.Problems));
            }
        });
    }

    private static Option<TimeSpan> TimeoutOption() => new Option<TimeSpan>("--timeout")
    {
        Description = "How long it may take [default: 5m]",
        DefaultValueFactory = static _ => TimeSpan.FromMinutes(5),
        HelpName = "5m",
        CustomParser = static result =>
        {
            if (UninstallRequest.TryParseTimeout(result.Tokens[0].Value, out var time)) return time;
            result.AddError($"--timeout is a duration between 1s and 1h, such as 5m, not \"{result.Tokens[0].Value}\"");
            return default;
        },
    };

    internal static void Write(UninstallReport report, bool isDryRun, TextWriter to)
    {
        if (!report.Services.IsEmpty)
        {
            var table = new Columns("SERVICE", "OUTCOME", "WHAT");
            foreach (var service in report.Services) table.Add(service.Service, service.Outcome, service.Words);
            table.WriteTo(to);
        }

        to.WriteLine((isDryRun, report.IsFailed) switch
        {
            (true, _) => "nothing was written (--dry-run)",
            (_, true) => "not all was restored: see above, and run this again",
            _ => $"done; a controller that still runs becomes the leader and writes again in {PrintedUnits.Span(UninstallRequest.Held)}: remove it now",
        });
    }

    internal static UninstallResponse MessageOf(UninstallReport report, bool isDryRun)
    {
        var message = new UninstallResponse { DryRun = isDryRun, Failed = report.IsFailed, Problem = report.Problem ?? "" };
        message.Services.AddRange(report.Services.Select(
            static s => new V1.UninstalledService { Service = s.Service, Outcome = s.Outcome, Words = s.Words }));
        return message;
    }
}
