namespace TrafficCtl.Core.Texts;

/// <summary>Addresses as they were written, before anybody could parse them: they may hold a user and a password.</summary>
public static class UrlText
{
    private const string Hidden = "***";

    /// <summary>A user or a password stands before the host.</summary>
    public static bool HasCredentials(string text) => CredentialsOf(text).Length > 0;

    /// <summary>The text without user, password and query, for messages and logs; any other text as it is.</summary>
    /// <remarks>When in doubt more is hidden: a password may hold a slash or an @ that should have been escaped.</remarks>
    public static string WithoutSecrets(string text)
    {
        var (start, length) = CredentialsOf(text);
        var shown = length == 0 ? text : $"{text[..start]}{Hidden}{text[(start + length)..]}";
        var query = HasScheme(text) ? shown.IndexOf('?', StringComparison.Ordinal) : -1;
        return query < 0 ? shown : $"{shown[..query]}?{Hidden}";
    }

    private static (int Start, int Length) CredentialsOf(string text)
    {
        var at = text.LastIndexOf('@');
        var start = HasScheme(text) ? text.IndexOf("://", StringComparison.Ordinal) + 3 : 0;
        if (at < start) return default;
        // Without a scheme it is an e-mail address unless a password is there.
        return start > 0 || text.IndexOf(':', 0, at) >= 0 ? (start, at - start) : default;
    }

    private static bool HasScheme(string text) => text.Contains("://", StringComparison.Ordinal);
}
