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

    private const int Most = 10_000, LongestFile = 16 * 1024 * 1024;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        AllowDuplicateProperties = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Empty when there is no file.</summary>
    /// <exception cref="InvalidDataException">Not a file of tokens.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static ImmutableArray<Token> Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
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

    /// <exception cref="IOException">It cannot be written; the old file stays.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written; the old file stays.</exception>
    public static void Write(string path, ImmutableArray<Token> tokens)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory && !Directory.Exists(directory))
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
            else Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var next = path + ".new";
        using (var file = PrivateFile.Open(next, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, tokens, Options);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }

    private static bool IsWhole(Token? token) => token is
    {
        Id.Length: > 0, Name.Length: > 0, Hash.Length: 64, Grants: { IsDefaultOrEmpty: false },
    };
}
