using TrafficCtl.Core.Runtimes;
using Xunit;

namespace TrafficCtl.Core.Tests.Runtimes;

public sealed class CommandTemplateTests
{
    private static readonly Dictionary<string, string> Values = new(StringComparer.Ordinal)
    {
        ["artifact"] = "/srv/with blank/app",
        ["port"] = "8080",
        ["version"] = "v1",
        ["slot"] = "a",
        ["service"] = "shop",
        ["environment"] = "prod",
    };

    [Theory]
    [InlineData("{artifact} --urls http://127.0.0.1:{port}", "/srv/with blank/app|--urls|http://127.0.0.1:8080")]
    [InlineData("  run\t{version}  ", "run|v1")]
    [InlineData("run 'a b' \"c d\" e\\ f", "run|a b|c d|e f")]
    [InlineData("run '{port}' \"{port}\" \\{port}", "run|{port}|8080|{port}")]
    [InlineData("run \"say \\\"{version}\\\" \\\\ \\n\"", "run|say \"v1\" \\ \\n")]
    [InlineData("run '' \"\"", "run||")]
    [InlineData("run a'b'\"c\"d", "run|abcd")]
    [InlineData("run $HOME *.txt ; rm -rf / | x > y & `z`", "run|$HOME|*.txt|;|rm|-rf|/|||x|>|y|&|`z`")]
    [InlineData("run {\"port\":1} {} {Port} {{port}}", "run|{port:1}|{}|{Port}|{8080}")]
    public void Splits_words_without_a_shell_and_fills_them_afterwards(string text, string words)
    {
        var (command, problem) = CommandTemplate.Parse(text);
        Assert.Null(problem);
        Assert.Equal(words, string.Join('|', command!.Fill(Values)));
        Assert.Equal(text, command.ToString());
    }

    [Theory]
    [InlineData("", "is empty; write a program and its arguments, such as \"{artifact} --port {port}\"")]
    [InlineData(" \t", "is empty; write a program and its arguments, such as \"{artifact} --port {port}\"")]
    [InlineData("run 'a", "has a single quote that is not closed")]
    [InlineData("run \"a\\\"", "has a double quote that is not closed")]
    [InlineData("run \\", "ends with a backslash, which takes the next character as it stands")]
    [InlineData("run\nrm", "has a line break or a NUL; write it on one line")]
    [InlineData(
        "run {prot}",
        "names {prot}, which has no value; there are {artifact}, {environment}, {port}, {service}, {slot}, {version}; "
        + "in single quotes it is taken as it stands")]
    public void Refuses_what_has_no_plain_meaning(string text, string expected) =>
        Assert.Equal((null, expected), CommandTemplate.Parse(text));

    [Fact]
    public void A_value_is_never_read_again()
    {
        var hostile = new Dictionary<string, string>(Values, StringComparer.Ordinal) { ["version"] = "{port} 'x' \"y" };
        Assert.Equal(["run", "{port} 'x' \"y"], CommandTemplate.Parse("run {version}").Command!.Fill(hostile));
    }
}
