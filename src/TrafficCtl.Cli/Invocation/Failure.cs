namespace TrafficCtl.Cli.Invocation;

/// <summary>Ends a command with a message for its user: what, where, and what to do.</summary>
internal sealed class Failure(
    string what, string where, string whatToDo, int exitCode = ExitCodes.Failed) : Exception($"{what}: {where}: {whatToDo}")
{
    public int ExitCode => exitCode;

    /// <summary>The connection went before the answer came: whether the daemon has done what it was asked is not known.</summary>
    public bool IsBroken { get; init; }

    /// <summary>What was asked about does not exist there, or the daemon does not know such a thing.</summary>
    public bool IsNotThere { get; init; }
}

internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Refused or failed; the reason is on stderr.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;
}
