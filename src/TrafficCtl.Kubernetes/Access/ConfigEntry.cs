using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace TrafficCtl.Kubernetes.Access;

/// <summary>A mapping in a kubeconfig, which knows its file and where it is in it.</summary>
internal sealed class ConfigEntry(string file, string at, YamlMappingNode? node)
{
    public string File => file;

    /// <summary>The whole file; null when there is nothing in it.</summary>
    /// <exception cref="KubeAccessException">It is not YAML, or cannot be read.</exception>
    public static ConfigEntry? Read(string file)
    {
        try
        {
            var stream = new YamlStream();
            using var text = System.IO.File.OpenText(file);
            stream.Load(text);
            return stream.Documents.FirstOrDefault()?.RootNode switch
            {
                YamlMappingNode root => new ConfigEntry(file, "", root),
                null => null,
                _ => throw new KubeAccessException($"{file}: this is no kubeconfig: it does not begin with keys."),
            };
        }
        catch (YamlException e)
        {
            throw new KubeAccessException($"{file}:{e.Start.Line}:{e.Start.Column}: {(e.InnerException ?? e).Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new KubeAccessException($"{file}: this is no YAML: it ends within a list or a mapping.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeAccessException($"{file}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>As it is written, whatever type YAML would see in it: a token of digits is a token.</summary>
    public string? Text(string key) => Find(key) switch
    {
        null => null,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" } => null,
        YamlScalarNode scalar => scalar.Value,
        _ => throw Wrong(key, "must be one value"),
    };

    public bool Flag(string key) => Text(key) switch
    {
        null or "false" or "False" or "FALSE" => false,
        "true" or "True" or "TRUE" => true,
        var other => throw Wrong(key, $"must be true or false, not '{other}'"),
    };

    public ConfigEntry? Entry(string key) => Find(key) switch
    {
        null or YamlScalarNode { Value: null or "" or "null" or "~" } => null,
        YamlMappingNode map => new ConfigEntry(file, Path(key), map),
        _ => throw Wrong(key, "must have keys"),
    };

    public IEnumerable<ConfigEntry> Entries(string key) => Items(key).Select((item, i) => item is YamlMappingNode map
        ? new ConfigEntry(file, $"{Path(key)}[{i}]", map)
        : throw Wrong($"{key}[{i}]", "must have keys"));

    public IEnumerable<string> Texts(string key) =>
        Items(key).Select((item, i) => (item as YamlScalarNode)?.Value ?? throw Wrong($"{key}[{i}]", "must be one value"));

    /// <summary>Whatever is there, for somebody who knows what it means.</summary>
    public JsonNode? Json(string key) => Json(Find(key));

    public IEnumerable<string> Keys => node?.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? "") ?? [];

    /// <summary>The same entry under a name that says more than its number.</summary>
    public ConfigEntry As(string name) => new(file, name, node);

    /// <summary>What is in <c>key-data</c>, or else in the file that <c>key</c> names; null when neither is there.</summary>
    public string? Content(string key)
    {
        if (Text(key + "-data") is { Length: > 0 } data)
        {
            try
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String(data));
            }
            catch (FormatException e)
            {
                throw Wrong(key + "-data", "is not base64", e);
            }
        }

        if (FilePath(key) is not { } path) return null;
        try
        {
            return System.IO.File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrong(key, $"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A path is relative to the file that it stands in.</summary>
    public string? FilePath(string key) => Text(key) is { Length: > 0 } path
        ? System.IO.Path.GetFullPath(path, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(file))!)
        : null;

    public KubeAccessException Wrong(string key, string why, Exception? inner = null) => new($"{file}: {Path(key)}: {why}", inner);

    private static JsonNode? Json(YamlNode? node) => node switch
    {
        YamlMappingNode map =>
            new JsonObject(map.Children.Select(c => KeyValuePair.Create((c.Key as YamlScalarNode)?.Value ?? "", Json(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => scalar.Value switch
        {
            null or "" or "null" or "~" => null,
            "true" => true,
            "false" => false,
            var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
            var text => text,
        },
        YamlScalarNode scalar => scalar.Value,
        _ => null,
    };

    private IEnumerable<YamlNode> Items(string key) => Find(key) switch
    {
        null or YamlScalarNode { Value: null or "" or "null" or "~" } => [],
        YamlSequenceNode list => list.Children,
        _ => throw Wrong(key, "must be a list"),
    };

    private YamlNode? Find(string key) =>
        node is not null && node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;

    private string Path(string key) => at.Length == 0 ? key : $"{at}.{key}";
}
