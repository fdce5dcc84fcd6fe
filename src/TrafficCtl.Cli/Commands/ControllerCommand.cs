using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Cluster;

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
        var consul = MetricOptions.Address("--consul", "Where Consul answers, for services that it splits");
        var consulToken = new Option<string?>("--consul-token-file") { Description = "A file with the ACL token of Consul, read at each call", HelpName = "FILE" };
        var secrets = new Option<bool>("--watch-secrets") { Description = "A changed Secret that a pod template names is a new version; needs the right to read Secrets" };
        var scrape = new Option<TimeSpan?>("--scrape-interval")
        {
            Description = "How often Prometheus scrapes the mesh [default: 15s]",
            HelpName = "15s",
            CustomParser = static result =>
            {
                if (ControllerOptions.TryParseScrape(result.Tokens[0].Value, out var time)) return time;
                result.AddError($"--scrape-interval is a duration of whole seconds, 1s to 60s, such as 15s, not \"{result.Tokens[0].Value}\"");
                return default;
            },
        };
        var namespaces = new Option<string[]>("--watch-namespace") { Description = "Only services of this namespace; may be repeated (default: all)", HelpName = "NAMESPACE" };
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "A kubeconfig (default: the pod's own account, else $KUBECONFIG, else ~/.kube/config)", HelpName = "FILE" };
        var context = new Option<string?>("--context") { Description = "A context of the kubeconfig (default: its current one)", HelpName = "NAME" };
        var lease = new Option<string>("--lease")
        {
            Description = "The Lease that elects the one that writes",
            DefaultValueFactory = static _ => ControllerOptions.DefaultLease,
            HelpName = "NAME",
        };
        var leaseNamespace = new Option<string?>("--lease-namespace") { Description = "Where the Lease is (default: the pod's namespace, else \"default\")", HelpName = "NAMESPACE" };
        var identity = new Option<string?>("--identity") { Description = "Names this process among others (default: the host's name and a random part)", HelpName = "NAME" };
        var admin = AskOptions.BindOption();
        var output = AskOptions.OutputOption();
        foreach (var option in (Option[])[lease, leaseNamespace, namespaces]) option.Validators.Add(RefuseNoNames);
        command.Validators.Add(result =>
        {
            if (result.GetResult(consulToken) is not null && result.GetResult(consul) is null) result.AddError("--consul-token-file is for Consul: name its address with --consul");
        });
        Option[] options =
        [
            consul, consulToken, scrape, secrets, namespaces, kubeconfig, context,
            lease, leaseNamespace, identity, admin, output,
        ];
        foreach (var option in options)
            command.Options.Add(option);
        var host = HostOptions.AddTo(command, surroundings, ControllerOptions.DefaultProbes);
        command.SetAction((parse, stop) =>
        {
            var (text, from) = AskOptions.AdminOf(parse.GetValue(admin), surroundings);
            if (!AdminAddress.TryParseBind(text, out var address, out var problem)) throw new Failure("refused", from, problem);
            var chosen = new ControllerOptions
            {
                Prometheus = parse.GetRequiredValue(metrics.Prometheus)!,
                PrometheusTokenFile = parse.GetValue(metrics.TokenFile),
                PrometheusCa = parse.GetValue(metrics.Authorities),
                PrometheusSelector = parse.GetValue(metrics.Selector) ?? "",
                Alertmanager = parse.GetValue(metrics.Alertmanager),
                Consul = parse.GetValue(consul),
                ConsulTokenFile = parse.GetValue(consulToken),
                WatchesSecrets = parse.GetValue(secrets),
                Scrape = parse.GetValue(scrape) ?? ControllerOptions.DefaultScrape,
                Namespaces = [.. parse.GetValue(namespaces) ?? []],
                Kubeconfig = parse.GetValue(kubeconfig),
                Context = parse.GetValue(context),
                Lease = parse.GetRequiredValue(lease),
                LeaseNamespace = parse.GetValue(leaseNamespace),
                Identity = parse.GetValue(identity) ?? ControllerOptions.NewIdentity(),
                Admin = address,
                Probes = host.ProbesOf(parse) ?? IPEndPoint.Parse(ControllerOptions.DefaultProbes),
                Log = host.LogOf(parse),
                IsJson = parse.GetValue(output) == "json",
                Clock = surroundings.Clock,
            };
            // It takes the signals itself: the leadership is given back before the process ends. The token is for a signal that comes before.
            return ControllerHost.RunAsync(chosen, new ForgivingText(surroundings.Out), surroundings.Error, stop);
        });
    }

    internal static void RefuseNoNames(OptionResult result)
    {
        foreach (var name in result.Tokens.Select(t => t.Value).Where(n => !ControllerOptions.IsObjectName(n)))
            result.AddError($"{result.Option.Name} is a name as Kubernetes has them (lower-case letters, digits and -), not \"{name}\"");
    }
}
