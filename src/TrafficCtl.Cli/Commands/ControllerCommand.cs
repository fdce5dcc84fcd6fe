using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Cluster;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Cli.Commands;

internal static class ControllerCommand
{
    public static readonly CommandEntry Entry = new("controller", "Starts the controller of a Kubernetes cluster: annotated Services, the mesh that is there, Prometheus", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var prometheus = Address("--prometheus", "Where Prometheus answers; its word on the signals is what rollouts are judged by");
        prometheus.Required = true;
        var alertmanager = Address("--alertmanager", "Where Alertmanager answers, for services that wait for quiet");
        var consul = Address("--consul", "Where Consul answers, for services that it splits");
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
        var probes = new Option<IPEndPoint>("--probes")
        {
            Description = "Where /healthz, /readyz and /metrics answer the cluster",
            DefaultValueFactory = static _ => IPEndPoint.Parse(ControllerOptions.DefaultProbes),
            HelpName = "ADDRESS:PORT",
            CustomParser = static result =>
            {
                if (IPEndPoint.TryParse(result.Tokens[0].Value, out var point) && point.Port > 0) return point;
                result.AddError($"--probes is an address and a port such as {ControllerOptions.DefaultProbes}, not \"{result.Tokens[0].Value}\"");
                return null;
            },
        };
        foreach (var option in (Option[])[lease, leaseNamespace, namespaces]) option.Validators.Add(RefuseNoNames);
        command.Validators.Add(result =>
        {
            if (result.GetResult(consulToken) is not null && result.GetResult(consul) is null) result.AddError("--consul-token-file is for Consul: name its address with --consul");
        });
        foreach (var option in (Option[])[prometheus, alertmanager, consul, consulToken, scrape, secrets, namespaces, kubeconfig, context, lease, leaseNamespace, identity, admin, probes])
            command.Options.Add(option);
        command.SetAction((parse, _) =>
        {
            var (text, from) = AskOptions.AdminOf(parse.GetValue(admin), surroundings);
            if (!AdminAddress.TryParseBind(text, out var address, out var problem)) throw new Failure("refused", from, problem);
            var options = new ControllerOptions
            {
                Prometheus = parse.GetRequiredValue(prometheus)!,
                Alertmanager = parse.GetValue(alertmanager),
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
                Probes = parse.GetRequiredValue(probes),
                Clock = surroundings.Clock,
            };
            // It takes the signals itself: the leadership is given back before the process ends.
            return ControllerHost.RunAsync(options, new ForgivingText(surroundings.Out), surroundings.Error, CancellationToken.None);
        });
    }

    internal static void RefuseNoNames(OptionResult result)
    {
        foreach (var name in result.Tokens.Select(t => t.Value).Where(n => !ControllerOptions.IsObjectName(n)))
            result.AddError($"{result.Option.Name} is a name as Kubernetes has them (lower-case letters, digits and -), not \"{name}\"");
    }

    internal static Option<Uri?> Address(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            const string Expected = "an address such as http://prometheus.monitoring:9090";
            if (!AddressText.TryParse(text, Expected, [Uri.UriSchemeHttp, Uri.UriSchemeHttps], out var address, out var problem))
                result.AddError($"{name}: {problem}");
            return address;
        },
    };
}
