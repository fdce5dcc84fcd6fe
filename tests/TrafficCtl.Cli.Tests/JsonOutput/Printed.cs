using System.Collections.Immutable;
using Google.Protobuf.Reflection;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Tests.JsonOutput;

/// <summary>What a command prints with <c>-o json</c>.</summary>
/// <param name="Command">Its name.</param>
/// <param name="Messages">One document each, or one a line where <paramref name="IsStream"/>; when which.</param>
/// <param name="Note">What else is to be known.</param>
internal sealed record Printed(
    string Command, ImmutableArray<(MessageDescriptor Message, string When)> Messages, string Note = "", bool IsStream = false)
{
    public static readonly ImmutableArray<Printed> All =
    [
        new("run", [(DaemonEvent.Descriptor, "")], "a line when it is ready, and one when it drains", IsStream: true),
        new("controller", [(DaemonEvent.Descriptor, "")], "a line when it listens, and one when it stops", IsStream: true),
        new("uninstall", [(UninstallResponse.Descriptor, "")]),
        new("demo", [(DemoSummary.Descriptor, ""), (PipelineDemoSummary.Descriptor, "with --pipeline")], "its progress goes to stderr"),
        new("check", [(CheckResponse.Descriptor, "")], "problems are in it, and the exit code is 1 when there are any"),
        new("explain", [(ExplainResponse.Descriptor, "")]),
        new("schema", [], "the JSON Schema of delivery files, either way"),
        new("publish", [(MakeWishResponse.Descriptor, ""), (PublishResponse.Descriptor, "with --digest")]),
        new(
            "status",
            [
                (ListServicesResponse.Descriptor, ""), (ServiceStatus.Descriptor, "with SERVICE"),
                (PipelineStatus.Descriptor, "with SERVICE of a pipeline"), (ListPipelinesResponse.Descriptor, "with --targets"),
            ]),
        new("watch", [(ServiceStatus.Descriptor, "")], "a line for each change and each second", IsStream: true),
        new("why", [(WhyResponse.Descriptor, ""), (PipelineEnvironment.Descriptor, "with ENVIRONMENT")]),
        new("when", [(WhenResponse.Descriptor, "")]),
        new("who", [(BlockersResponse.Descriptor, "")]),
        new("history", [(HistoryResponse.Descriptor, "")]),
        new("rollouts", [(ListRolloutsResponse.Descriptor, "")]),
        Wish("pause"),
        Wish("resume"),
        new("promote", [(MakeWishResponse.Descriptor, ""), (MakeOrderResponse.Descriptor, "with --to")]),
        Wish("abort"),
        Wish("retry"),
        Vote("approve"),
        Vote("reject"),
        Order("pin"),
        Order("unpin"),
        Order("hold"),
        Order("release"),
        Order("veto"),
        Order("unveto"),
        Order("revoke"),
        Order("stop-the-line"),
        Order("release-the-line"),
        Order("break-glass"),
        new("stop-versions", [(StopVersionsResponse.Descriptor, "")]),
        new("token", [(TokenResponse.Descriptor, "")], "made, listed or revoked"),
        new("judge", [(JudgedTrace.Descriptor, "")], "a line for each trace, either way", IsStream: true),
        new("simulate", [(SimulateResponse.Descriptor, ""), (TypeIResponse.Descriptor, "with --type-i")]),
        new("replay", [(ReplayResponse.Descriptor, "")]),
        new("completion", [(CompletionResponse.Descriptor, "")]),
    ];

    /// <summary>Each object that is reached from a command or from the API, once, in the order of its first use.</summary>
    public static ImmutableArray<MessageDescriptor> Objects()
    {
        var seen = new List<MessageDescriptor>();
        foreach (var printed in All)
            foreach (var (message, _) in printed.Messages) Add(message);
        Add(Problem.Descriptor);
        return [.. seen];

        void Add(MessageDescriptor message)
        {
            if (seen.Contains(message)) return;
            seen.Add(message);
            foreach (var field in message.Fields.InDeclarationOrder())
                if (Types.IsObject(field)) Add(field.MessageType);
        }
    }

    private static Printed Wish(string command) => new(command, [(MakeWishResponse.Descriptor, "")]);

    private static Printed Order(string command) => new(command, [(MakeOrderResponse.Descriptor, "")]);

    private static Printed Vote(string command) => new(
        command, [(MakeWishResponse.Descriptor, ""), (MakeOrderResponse.Descriptor, "of an environment of a pipeline")]);
}
