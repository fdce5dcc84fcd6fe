using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Cli.Invocation;

/// <summary>Where Prometheus and Alertmanager answer: the same options of every command that has them asked.</summary>
internal sealed class MetricOptions
{
    private MetricOptions(Command command, string prometheus, string selector, bool isRequired)
    {
        Prometheus = Address("--prometheus", prometheus);
        Prometheus.Required = isRequired;
        Selector.Description = selector;
        foreach (var option in (Option[])[Prometheus, TokenFile, Authorities, Selector, Alertmanager]) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(Prometheus) is not { Tokens: [var given] })
            {
                // One that is required and missing is reported by its own option.
                var alone = ((Option[])[TokenFile, Authorities, Selector]).FirstOrDefault(o => result.GetResult(o) is { Implicit: false });
                if (alone is not null && !isRequired)
                    result.AddError($"{alone.Name} is for Prometheus: name its address with --prometheus");
                return;
            }

            // An address that is none was refused by its own option.
            if (!TryAddress(given.Value, out var address, out _)) return;
            var problem = DaemonOptions.PrometheusProblem(
                address, result.GetValue(TokenFile), result.GetValue(Authorities), result.GetValue(Selector) ?? "");
            if (problem is not null) result.AddError(problem);
        });
    }

    public Option<Uri?> Prometheus { get; }

    public Option<string?> TokenFile { get; } = new("--prometheus-token-file")
    {
        Description = "A file with a bearer token for Prometheus, read for each query; sent over https or to this machine only",
        HelpName = "FILE",
    };

    public Option<string?> Authorities { get; } = new("--prometheus-ca")
    {
        Description = "A file with the certificate authorities to trust for Prometheus, in PEM, read again when it is replaced "
            + "(default: the system's)",
        HelpName = "FILE",
    };

    public Option<string> Selector { get; } = new("--prometheus-selector") { DefaultValueFactory = static _ => "", HelpName = "MATCHERS" };

    public Option<Uri?> Alertmanager { get; } = Address(
        "--alertmanager", "Where Alertmanager answers, for services that need quiet alerts");

    /// <param name="command">That gets the options.</param>
    /// <param name="prometheus">What Prometheus is asked for.</param>
    /// <param name="selector">What the matchers are for.</param>
    /// <param name="isRequired">The command does nothing without Prometheus.</param>
    public static MetricOptions AddTo(Command command, string prometheus, string selector, bool isRequired) =>
        new(command, prometheus, selector, isRequired);

    /// <summary>The options of a process, with what was given here.</summary>
    public DaemonOptions Of(ParseResult parse, DaemonOptions options) => options with
    {
        Prometheus = parse.GetValue(Prometheus),
        PrometheusTokenFile = parse.GetValue(TokenFile),
        PrometheusCa = parse.GetValue(Authorities),
        PrometheusSelector = parse.GetValue(Selector) ?? "",
        Alertmanager = parse.GetValue(Alertmanager),
    };

    public static Option<Uri?> Address(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result =>
        {
            if (!TryAddress(result.Tokens[0].Value, out var address, out var problem)) result.AddError($"{name}: {problem}");
            return address;
        },
    };

    internal static bool TryAddress(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? problem) =>
        AddressText.TryParse(
            text, "an address such as http://prometheus.monitoring:9090", [Uri.UriSchemeHttp, Uri.UriSchemeHttps], out address,
            out problem);
}
