using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Cli.Invocation;

/// <summary>Which cluster, and the Lease: the same options of every command that drives one.</summary>
internal sealed class ClusterFlags
{
    private readonly Option<Uri?> consul = MetricOptions.Address("--consul", "Where Consul answers, for services that it splits");

    private readonly Option<string?> consulToken = new("--consul-token-file")
    {
        Description = "A file with the ACL token of Consul, read at each call",
        HelpName = "FILE",
    };

    private readonly Option<bool> secrets = new("--watch-secrets")
    {
        Description = "A changed Secret that a pod template names is a new version; needs the right to read Secrets",
    };

    private readonly Option<bool> reviews = new("--token-review")
    {
        Description = "Tokens of the cluster say who asks the admin API, and its RBAC what he may; needs the right to review them",
    };

    private readonly Option<string?> audience = new("--token-audience")
    {
        Description = "Whom those tokens must be for (default: the API server)",
        HelpName = "NAME",
    };

    private readonly Option<TimeSpan?> scrape = new("--scrape-interval")
    {
        Description = "How often Prometheus scrapes the mesh [default: 15s]",
        HelpName = "15s",
        CustomParser = static result =>
        {
            if (DaemonOptions.TryParseScrape(result.Tokens[0].Value, out var time)) return time;
            result.AddError($"--scrape-interval is a duration of whole seconds, 1s to 60s, such as 15s, not \"{result.Tokens[0].Value}\"");
            return default;
        },
    };

    private readonly Option<string[]> namespaces = new("--watch-namespace")
    {
        Description = "Only services of this namespace; may be repeated (default: all)",
        HelpName = "NAMESPACE",
    };

    private readonly Option<string?> kubeconfig = new("--kubeconfig")
    {
        Description = "A kubeconfig (default: the pod's own account, else $KUBECONFIG, else ~/.kube/config)",
        HelpName = "FILE",
    };

    private readonly Option<string?> context = new("--context")
    {
        Description = "A context of the kubeconfig (default: its current one)",
        HelpName = "NAME",
    };

    private readonly Option<string> lease = new("--lease")
    {
        Description = "The Lease that elects the one that writes",
        DefaultValueFactory = static _ => ClusterModuleOptions.DefaultLease,
        HelpName = "NAME",
    };

    private readonly Option<string?> leaseNamespace = new("--lease-namespace")
    {
        Description = "Where the Lease is (default: the pod's namespace, else \"default\")",
        HelpName = "NAMESPACE",
    };

    private readonly Option<string?> identity = new("--identity")
    {
        Description = "Names this process among others (default: the host's name and a random part)",
        HelpName = "NAME",
    };

    private ClusterFlags(Command command)
    {
        foreach (var option in (Option[])[lease, leaseNamespace, namespaces]) option.Validators.Add(RefuseNoNames);
        foreach (var option in All) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(consulToken) is not null && result.GetResult(consul) is null)
                result.AddError("--consul-token-file is for Consul: name its address with --consul");
            if (result.GetResult(audience) is not null && result.GetResult(reviews) is null or { Implicit: true })
                result.AddError("--token-audience is for tokens of the cluster: add --token-review");
        });
    }

    private Option[] All =>
    [
        consul, consulToken, scrape, reviews, audience, secrets, namespaces, kubeconfig, context, lease, leaseNamespace, identity,
    ];

    /// <summary>Adds the options to a command that always drives a cluster.</summary>
    public static ClusterFlags AddTo(Command command) => new(command);

    /// <summary>Adds the options to a command that can drive clusters.</summary>
    /// <param name="command">That gets the options.</param>
    /// <param name="metrics">Without Prometheus a cluster cannot be driven.</param>
    public static (ClusterFlags Flags, Func<ParseResult, ImmutableArray<ClusterModuleOptions>> Clusters) AddTo(
        Command command, MetricOptions metrics)
    {
        var kubernetes = new Option<string[]>("--kubernetes")
        {
            Description = "Drives the annotated Services of a Kubernetes cluster too, beside those of the files; "
                + "may be repeated with contexts of the kubeconfig: NAME is the target's",
            HelpName = "[NAME=]CONTEXT",
            Arity = ArgumentArity.ZeroOrMore,
        };
        command.Options.Add(kubernetes);
        var flags = new ClusterFlags(command);
        var each = new ClusterMetricFlags();
        foreach (var option in each.All) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(kubernetes) is { } given)
            {
                flags.CheckClusters(result, given, each, metrics);
                return;
            }

            if (flags.All.Concat(each.All).FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } alone)
                result.AddError($"{alone.Name} is for a cluster: it needs --kubernetes");
        });
        return (flags, parse => parse.GetResult(kubernetes) is null ? [] : flags.Of(parse, parse.GetValue(kubernetes) ?? [], each));
    }

    /// <summary>The options of a process, with what was given here of the callers of the admin API.</summary>
    public DaemonOptions CallersOf(ParseResult parse, DaemonOptions options) =>
        options with { ReviewsTokens = parse.GetValue(reviews), TokenAudience = parse.GetValue(audience) };

    public ClusterModuleOptions Of(ParseResult parse) => new()
    {
        Consul = parse.GetValue(consul),
        ConsulTokenFile = parse.GetValue(consulToken),
        WatchesSecrets = parse.GetValue(secrets),
        Namespaces = [.. parse.GetValue(namespaces) ?? []],
        Kubeconfig = parse.GetValue(kubeconfig),
        Context = parse.GetValue(context),
        Lease = parse.GetRequiredValue(lease),
        LeaseNamespace = parse.GetValue(leaseNamespace),
        Identity = parse.GetValue(identity) ?? ClusterModuleOptions.NewIdentity(),
    };

    private ImmutableArray<ClusterModuleOptions> Of(ParseResult parse, string[] contexts, ClusterMetricFlags each)
    {
        var common = Of(parse);
        return
        [
            .. NamedContexts.Read(contexts).Clusters.Select(cluster => common with
            {
                Name = cluster.Name,
                Context = cluster.Context ?? common.Context,
                Prometheus = each.Of(parse, cluster.Name),
            }),
        ];
    }

    private void CheckClusters(CommandResult result, OptionResult given, ClusterMetricFlags each, MetricOptions metrics)
    {
        var values = given.Tokens.Select(static t => t.Value).ToArray();
        var (clusters, problem) = NamedContexts.Read(values);
        if (given.IdentifierTokenCount > 1 && given.IdentifierTokenCount > values.Length)
            problem = "--kubernetes without a context is for one cluster: write --kubernetes NAME=CONTEXT for each";
        else if (values.Length > 0 && result.GetResult(context) is { Implicit: false })
            problem = "--context is for --kubernetes without a context: leave one of them out";
        else if (values.Length > 1 && result.GetResult(consul) is { Implicit: false })
            problem = "--consul is for one cluster: start a process for each that Consul splits";
        if (problem is null) each.Check(result, [.. clusters.Select(static c => c.Name)], metrics);
        else result.AddError(problem);
    }

    public TimeSpan ScrapeOf(ParseResult parse) => parse.GetValue(scrape) ?? DaemonOptions.DefaultScrape;

    internal static void RefuseNoNames(OptionResult result)
    {
        foreach (var name in result.Tokens.Select(t => t.Value).Where(n => !ClusterModuleOptions.IsObjectName(n)))
            result.AddError($"{result.Option.Name} is a name as Kubernetes has them (lower-case letters, digits and -), not \"{name}\"");
    }
}
