namespace TrafficCtl.Daemon.Texts;

/// <summary>The longest texts that are taken from people, in characters (UTF-16 units).</summary>
public static class TextLimits
{
    /// <summary>The longest reason of a wish: one line.</summary>
    public const int Reason = 1024;

    /// <summary>The longest name of who wishes, and of a version in a wish.</summary>
    public const int Name = 128;

    /// <summary>The longest argument of the command line.</summary>
    public const int Argument = 4096;
}
