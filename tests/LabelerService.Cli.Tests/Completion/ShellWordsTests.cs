using LabelerService.Cli.Completion;

namespace LabelerService.Cli.Tests.Completion;

public class ShellWordsTests
{
    [Theory]
    [InlineData("labeler tr", "labeler|tr")]
    [InlineData("labeler train ", "labeler|train|")]
    [InlineData("  labeler   train", "labeler|train")]
    [InlineData("labeler --filter 'split = TEST' ", "labeler|--filter|split = TEST|")]
    [InlineData("labeler \"a b", "labeler|a b")]
    [InlineData("labeler a\\ b", "labeler|a b")]
    [InlineData("labeler \"a\\\"b\\n\" ", "labeler|a\"b\\n|")]
    [InlineData("", "")]
    public void A_line_is_split_as_a_shell_splits_it(string line, string words) => Assert.Equal(words.Split('|'), ShellWords.Split(line));
}
