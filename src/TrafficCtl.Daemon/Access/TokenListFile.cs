using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using TrafficCtl.Control.Files;

namespace TrafficCtl.Daemon.Access;

/// <summary>The tokens of a process, in a file of mode 0600 that is replaced as a whole.</summary>
public static class TokenListFile
{
    /// <summary>Its name in the data directory.</summary>
    public const string Name = "tokens.json";

    /// <summary>How many tokens a file holds.</summary>
    public const int Most = 10_000;

    private const int LongestFile = 16 * 1024 * 1024;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        AllowDuplicateProperties = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Empty when there is no file.</summary>
    /// <exception cref="InvalidDataException">Not a file of tokens, or one that every user of the machine may write.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static ImmutableArray<Token> Read(string path)
    {
        try
        {
            // Asked before it is opened: a pipe would wait for its other end.
            if (FileStatus.Of(path) is { Kind: not (FileKind.Regular or FileKind.Missing) } other)
                throw new InvalidDataException($"{path} is {other.InWords}, and no file of tokens");
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & UnixFileMode.OtherWrite) != UnixFileMode.None)
                throw new InvalidDataException($"every user of this machine may write {path}, and so give any right: chmod 600 {path}");
            if (file.Length > LongestFile) throw new InvalidDataException($"{path} is longer than {LongestFile} bytes");
            var tokens = JsonSerializer.Deserialize<ImmutableArray<Token>>(file, Options);
            if (tokens.IsDefault || tokens.Length > Most || tokens.Any(static t => !IsWhole(t)))
                throw new InvalidDataException($"{path} is no list of at most {Most} tokens");
            return tokens;
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{path} is no list of tokens: {fault.Message}", fault);
        }
    }

    /// <summary>
    /// Reads the file and replaces it. Of two processes that do so at once one is refused, so that no revocation is lost.
    /// </summary>
    /// <returns>What was written.</returns>
    /// <exception cref="InvalidDataException">Not a file of tokens, or too many; the old file stays.</exception>
    /// <exception cref="IOException">It cannot be written, or another process changes it now; the old file stays.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written; the old file stays.</exception>
    public static ImmutableArray<Token> Change(string path, Func<ImmutableArray<Token>, ImmutableArray<Token>> change)
    {
        MakeDirectoryOf(path);
        // Beside the file, which is another one after each change. It is never deleted: somebody may have opened it to hold it next.
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = PrivateFile.Mode;
        using var held = new FileStream(path + ".lock", options);
        var tokens = change(Read(path));
        Write(path, tokens);
        return tokens;
    }

    /// <exception cref="InvalidDataException">There are too many; the old file stays.</exception>
    /// <exception cref="IOException">It cannot be written; the old file stays.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written; the old file stays.</exception>
    public static void Write(string path, ImmutableArray<Token> tokens)
    {
        if (tokens.Length > Most) throw new InvalidDataException($"{path} holds at most {Most} tokens");
        MakeDirectoryOf(path);
        var next = path + ".new";
        // A new file in any case: what is there was left by a killed process, or is a link that somebody else has put there.
        File.Delete(next);
        using (var file = PrivateFile.Open(next, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, tokens, Options);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }

    private static bool IsWhole(Token? token) => token is
    {
        Id.Length: > 0, Name.Length: > 0, Hash.Length: 64, Grants: { IsDefaultOrEmpty: false } grants,
    } && grants.All(static g => g is { Service.Length: > 0, Environment.Length: > 0 });

    private static void MakeDirectoryOf(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is not { } directory || Directory.Exists(directory)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
        else Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
