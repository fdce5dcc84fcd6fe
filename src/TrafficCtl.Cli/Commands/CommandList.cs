using System.Collections.Immutable;
using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

/// <summary>Every command, in the order of the help.</summary>
internal static class CommandList
{
    public static readonly ImmutableArray<CommandEntry> All =
    [
        RunCommand.Entry,
        ControllerCommand.Entry,
        UninstallCommand.Entry,
        DemoCommand.Entry,
        CheckCommand.Entry,
        ExplainCommand.Entry,
        SchemaCommand.Entry,
        PublishCommand.Entry,
        StatusCommand.Entry,
        WatchCommand.Entry,
        WhyCommand.Entry,
        WhenCommand.Entry,
        WhoCommand.Entry,
        RolloutsCommand.Entry,
        HistoryCommand.Entry,
        PauseCommand.Entry,
        ResumeCommand.Entry,
        PromoteCommand.Entry,
        AbortCommand.Entry,
        RetryCommand.Entry,
        ApproveCommand.Entry,
        RejectCommand.Entry,
        PinCommand.Entry,
        UnpinCommand.Entry,
        HoldCommand.Entry,
        ReleaseCommand.Entry,
        VetoCommand.Entry,
        UnvetoCommand.Entry,
        RevokeCommand.Entry,
        StopTheLineCommand.Entry,
        ReleaseTheLineCommand.Entry,
        BreakGlassCommand.Entry,
        StopVersionsCommand.Entry,
        TokenCommand.Entry,
        JudgeCommand.Entry,
        SimulateCommand.Entry,
        ReplayCommand.Entry,
        CompletionCommand.Entry,
    ];
}
