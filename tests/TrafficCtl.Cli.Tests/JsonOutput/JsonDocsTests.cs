using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using TrafficCtl.Cli.Commands;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.JsonOutput;

/// <summary>docs/json.md lists every key, because its tables are made here: set UPDATE_DOCS=1 to write them anew.</summary>
public sealed partial class JsonDocsTests
{
    private const string Commands = "<!-- commands -->", Objects = "<!-- objects -->", End = "<!-- end -->";

    /// <summary>Numbers whose meaning depends on what they are of: the ends of an interval, and what the arms rest on.</summary>
    private static readonly string[] OfTheirParent = ["low", "high", "stable", "candidate"];

    [Fact]
    public void The_page_lists_every_key_of_every_command()
    {
        var path = Path.Combine(Repository.Root, "docs", "json.md");
        var page = File.ReadAllText(path);
        var (commands, objects, end) = (At(page, Commands), At(page, Objects), At(page, End));
        Assert.True(commands > 0 && objects > commands && end > objects, $"{path} has no markers {Commands}, {Objects}, {End}");
        var between = page[(page.IndexOf("\n\n", commands, StringComparison.Ordinal) + 1)..objects];
        var made = $"{page[..commands]}{Commands}\n{CommandTable()}{between}{Objects}\n{ObjectTables()}{page[end..]}";
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1") File.WriteAllText(path, made);
        else Assert.Equal(made, page);
    }

    [Fact]
    public void Every_command_says_what_it_prints() => Assert.Equal(
        CommandList.All.Select(static c => c.Name).Order(StringComparer.Ordinal),
        Printed.All.Select(static p => p.Command).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Every_command_takes_the_option()
    {
        foreach (var command in CommandList.All)
            Assert.Contains("text|json", (await Run.OfAsync(command.Name, "--help")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_number_has_a_unit_and_nothing_else_has()
    {
        foreach (var field in Fields())
        {
            var unit = Contract.Of(field).Unit;
            Assert.True((Types.Of(field) == Types.Number) == (unit.Length > 0), $"{field.FullName}: \"{unit}\"");
        }
    }

    [Fact]
    public void A_name_has_one_unit_wherever_it_stands()
    {
        var several = Fields().Where(static f => Types.Of(f) == Types.Number && !OfTheirParent.Contains(f.JsonName))
            .GroupBy(static f => f.JsonName, StringComparer.Ordinal)
            .Where(static name => name.Select(static f => Contract.Of(f).Unit).Distinct(StringComparer.Ordinal).Count() > 1)
            .Select(static name => string.Join(", ", name.Select(static f => $"{f.FullName} [{Contract.Of(f).Unit}]")));
        Assert.Empty(several);
    }

    private static IEnumerable<FieldDescriptor> Fields() => Printed.Objects().SelectMany(static m => m.Fields.InDeclarationOrder());

    private static int At(string page, string marker) => page.IndexOf(marker, StringComparison.Ordinal);

    private static string CommandTable()
    {
        var table = new StringBuilder("| command | prints | notes |\n|---|---|---|\n");
        foreach (var printed in Printed.All)
        {
            var messages = printed.Messages.Select(static m => m.When.Length == 0 ? Link(m.Message) : $"{m.When} {Link(m.Message)}");
            table.Append($"| `{printed.Command}` | {string.Join("; ", messages)} | {printed.Note} |\n");
        }

        return table.ToString();
    }

    private static string ObjectTables()
    {
        var text = new StringBuilder();
        foreach (var message in Printed.Objects())
        {
            text.Append($"\n### {message.Name}\n\n");
            if (Contract.Of(message).Meaning is { Length: > 0 } meaning) text.Append(meaning).Append("\n\n");
            text.Append("| key | type | unit | means |\n|---|---|---|---|\n");
            foreach (var field in message.Fields.InDeclarationOrder())
                text.Append($"| `{field.JsonName}` | {TypeOf(field)} | {Contract.Of(field).Unit} | {Cell(Contract.Of(field).Meaning)} |\n");
        }

        return text.Append('\n').ToString();
    }

    private static string TypeOf(FieldDescriptor field)
    {
        if (field.IsMap) return "map of string";
        var type = Types.IsObject(field) ? Link(field.MessageType) : Types.Of(field);
        return field.IsRepeated ? $"list of {type}" : Types.MayBeNull(field) ? $"{type} or null" : type;
    }

    private static string Link(MessageDescriptor message) => $"[{message.Name}](#{message.Name.ToLowerInvariant()})";

    /// <summary>Keys are named as JSON has them.</summary>
    private static string Cell(string text) => Snake().Replace(
        text.Replace("|", "\\|", StringComparison.Ordinal), static m => $"`{JsonNamingPolicy.CamelCase.ConvertName(Pascal(m.Value))}`");

    private static string Pascal(string snake) => string.Concat(snake.Split('_').Select(static w => char.ToUpperInvariant(w[0]) + w[1..]));

    [GeneratedRegex("\\b[a-z]+(?:_[a-z]+)+\\b", RegexOptions.CultureInvariant)]
    private static partial Regex Snake();
}
