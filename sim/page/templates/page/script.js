// The switch works by CSS alone; this keeps the document's declared language in step, for speech and hyphenation.
for (const choice of document.querySelectorAll('.switch input')) {
  choice.addEventListener('change', () => {
    document.documentElement.lang = choice.value === 'zh' ? 'zh-Hans' : 'en';
  });
}
